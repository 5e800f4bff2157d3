// What a mutation may do to a node: each kind gives the texts that may take its place. What the types forbid is left out later.
import ts from 'typescript';

const K = ts.SyntaxKind;

const at = (node, to) => ({ start: node.getStart(), end: node.getEnd(), to });

const eachAt = (node, texts) => texts.map((to) => at(node, to));

// ── conditions and operators ────────────────────────────────────────────────────────────────────────────────────────

// Whoever notices neither constant does not notice a condition turned round either.
const conditions = (node) => {
  if (ts.isIfStatement(node)) return eachAt(node.expression, ['true', 'false']);
  if (ts.isConditionalExpression(node)) return eachAt(node.condition, ['true', 'false']);
  if (ts.isWhileStatement(node) || ts.isDoStatement(node)) return eachAt(node.expression, ['false']);
  return ts.isForStatement(node) && node.condition !== undefined ? eachAt(node.condition, ['false']) : [];
};

const INSTEAD = {
  [K.AmpersandAmpersandToken]: ['||'],
  [K.BarBarToken]: ['&&'],
  [K.LessThanToken]: ['<=', '>='],
  [K.LessThanEqualsToken]: ['<', '>'],
  [K.GreaterThanToken]: ['>=', '<='],
  [K.GreaterThanEqualsToken]: ['>', '<'],
  [K.EqualsEqualsEqualsToken]: ['!=='],
  [K.ExclamationEqualsEqualsToken]: ['==='],
  [K.PlusToken]: ['-'],
  [K.MinusToken]: ['+'],
  [K.AsteriskToken]: ['/'],
  [K.SlashToken]: ['*'],
  [K.PercentToken]: ['*'],
  [K.PlusEqualsToken]: ['-='],
  [K.MinusEqualsToken]: ['+='],
  [K.QuestionQuestionEqualsToken]: ['='],
};

const operators = (node) =>
  ts.isBinaryExpression(node) ? eachAt(node.operatorToken, INSTEAD[node.operatorToken.kind] ?? []) : [];

const NOTHING = ["''", '0', 'false'];

// Of what is no text, number or truth value `||` makes the same as `??`, and so it does if what it falls back to is nothing, too.
const fallbacks = (node, types) => {
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== K.QuestionQuestionToken) return [];
  const other = types.maybeFalsy(node.left) && !NOTHING.includes(node.right.getText()) ? [at(node.operatorToken, '||')] : [];
  return [at(node, node.left.getText()), at(node, node.right.getText()), ...other];
};

const signs = (node) => {
  if (!ts.isPrefixUnaryExpression(node) && !ts.isPostfixUnaryExpression(node)) return [];
  const { operator, operand } = node;
  const to = { [K.PlusPlusToken]: '--', [K.MinusMinusToken]: '++' }[operator];
  if (to !== undefined) return [at(node, ts.isPrefixUnaryExpression(node) ? to + operand.getText() : operand.getText() + to)];
  return operator === K.ExclamationToken || operator === K.MinusToken ? [at(node, operand.getText())] : [];
};

const optionalChains = (node) => {
  const token = node.questionDotToken;
  return token === undefined ? [] : [at(token, ts.isPropertyAccessExpression(node) ? '.' : '')];
};

// ── statements ──────────────────────────────────────────────────────────────────────────────────────────────────────

const isSuperCall = (node) =>
  ts.isExpressionStatement(node) && ts.isCallExpression(node.expression) && node.expression.expression.kind === K.SuperKeyword;

const REMOVED = [K.ExpressionStatement, K.ThrowStatement, K.BreakStatement, K.ContinueStatement];

const statements = (node) => (REMOVED.includes(node.kind) && !isSuperCall(node) ? [at(node, ';')] : []);

// A block with one statement is empty without that one.
const blocks = (node) => (ts.isBlock(node) && node.statements.length > 1 ? [at(node, '{}')] : []);

const resultOf = (node) => {
  if (ts.isReturnStatement(node)) return node.expression;
  return ts.isArrowFunction(node) && !ts.isBlock(node.body) ? node.body : undefined;
};

const results = (node, types) => {
  const result = resultOf(node);
  return result === undefined ? [] : eachAt(result, types.constantsLike(result));
};

// ── literals ────────────────────────────────────────────────────────────────────────────────────────────────────────

// A text with a blank in it is wording. Specs show what a message says where it matters, and do not hold each word of it.
const isWording = (node) => /\s/.test(node.getText());

const isEmptyable = (node) =>
  (ts.isStringLiteral(node) || ts.isTemplateExpression(node) || ts.isNoSubstitutionTemplateLiteral(node)) &&
  node.getText().length > 2 &&
  !isWording(node);

const literals = (node) => {
  if (isEmptyable(node)) return [at(node, "''")];
  if (ts.isArrayLiteralExpression(node) && node.elements.length > 0) return [at(node, '[]')];
  if (ts.isObjectLiteralExpression(node) && node.properties.length > 0) return [at(node, '{}')];
  if (node.kind === K.TrueKeyword) return [at(node, 'false')];
  return node.kind === K.FalseKeyword ? [at(node, 'true')] : [];
};

const spreads = (node) => {
  if (ts.isSpreadAssignment(node)) return [at(node.expression, '{}')];
  return ts.isSpreadElement(node) ? [at(node.expression, '[]')] : [];
};

// ── calls ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const TWINS = { some: 'every', every: 'some', min: 'max', max: 'min' };

const LEAVES = ['filter', 'slice', 'sort', 'toSorted', 'reverse', 'trim'];

const calls = (node) => {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  const { name, expression } = node.expression;
  if (LEAVES.includes(name.text)) return [at(node, expression.getText())];
  return Object.hasOwn(TWINS, name.text) ? [at(name, TWINS[name.text])] : [];
};

export const kinds = [
  conditions,
  operators,
  fallbacks,
  signs,
  optionalChains,
  statements,
  blocks,
  results,
  literals,
  spreads,
  calls,
];
