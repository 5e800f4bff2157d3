// How the reference looks: short. A member is its signature as TypeScript, and its comment; what typedoc adds beside these (tables of
// parameters, from where something is inherited) says nothing that they do not.
import { Converter, IntrinsicType, LiteralType, ReflectionKind, UnionType } from 'typedoc';
import { MarkdownTheme, MarkdownThemeContext } from 'typedoc-plugin-markdown';

const GUIDES = {
  routilux: '[running](../running.md)',
  rx: '[composing](../composing.md)',
  node: '[pausing and moving](../pausing.md)',
  testing: '[testing](../testing.md)',
};

const paragraphs = (...texts) => [...new Set(texts)].filter((text) => text !== '').join('\n\n');

const code = (...lines) => ['```ts', ...lines, '```'].join('\n');

/** A title that the plugin makes a block of code of, as a line of one. */
const lineOf = (title) => title.replace(/^```ts\n|\n```$/g, '');

/** A type without the marks and links of Markdown. */
const plain = (type) => type.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').replace(/[`\\]/g, '');

const nothing = () => '';

class ShortContext extends MarkdownThemeContext {
  partials = { ...this.partials, ...this.#shortened(this.partials) };

  #shortened({ body, comment, memberContainer, memberWithGroups, someType }) {
    const commentOf = (model) => (model.comment === undefined ? '' : this.partials.comment(model.comment));
    const signatures = (model) => {
      const titles = model.signatures.map((signature) => lineOf(this.partials.signatureTitle(signature)));
      return paragraphs(code(...titles), ...model.signatures.map((signature) => commentOf(signature) || commentOf(model)));
    };
    return {
      inheritance: nothing,
      hierarchy: nothing,
      typeParametersTable: nothing,
      typeParametersList: nothing,
      signatures,
      // Its tags without headings of their own.
      comment: (model, options) => comment.call(this, model, { ...options, headingLevel: undefined }),
      constructor: signatures,
      accessor: ({ name, getSignature }) =>
        paragraphs(code(`get ${name}: ${plain(this.partials.someType(getSignature.type))};`), commentOf(getSignature)),
      declaration: (model) => paragraphs(this.partials.declarationTitle(model), commentOf(model)),
      memberContainer: (model, options) => paragraphs(this.#anchorOf(model), memberContainer.call(this, model, options)),
      memberWithGroups: (model, options) => {
        const shown = Object.assign(Object.create(model), { typeParameters: undefined, implementedTypes: undefined });
        return memberWithGroups.call(this, shown, options);
      },
      someType: (model, options) => documentOf(model) ?? someType.call(this, model, options),
      body: (model, options) =>
        paragraphs(model.kind === ReflectionKind.Module ? this.#above(model) : '', body.call(this, model, options)),
    };
  }

  /** The plugin counts names that it does not show, too: where it has numbered one, its anchor is written out. */
  #anchorOf(model) {
    const anchor = model.parent?.kind === ReflectionKind.Module ? this.router.getAnchor(model) : '';
    return /-\d+$/.test(anchor) ? `<a id="${anchor}"></a>` : '';
  }

  /** The guide, and a line of names per kind. */
  #above({ name, groups }) {
    const link = (child) => `[${child.name}](#${this.router.getAnchor(child)})`;
    const sorted = (children) => children.toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
    const names = groups.map(({ title, children }) => `${title}: ${sorted(children).map(link).join(', ')}.`);
    return paragraphs(`The guide: ${GUIDES[name]}.`, ...names);
  }
}

class ShortTheme extends MarkdownTheme {
  getRenderContext(page) {
    return new ShortContext(this, page, this.application.options);
  }
}

/** The types of the documents have hundreds of parts, which are there for the compiler: elsewhere their names stand for them. */
const documentOf = (type) => {
  if (type?.type !== 'reference' || type.name !== 'Written') return undefined;
  return String(type).includes('routilux/job') ? 'JobSnapshot' : 'FlowDefinition';
};

const DOCUMENTS = ['FlowDefinition', 'JobSnapshot'];

/** The words of a type such as `keyof typeof sentences`, which by itself says nothing; none for any other. */
const wordsOf = (context, alias) => {
  const type = context.checker.getDeclaredTypeOfSymbol(context.getSymbolFromReflection(alias));
  const words = (type.types ?? []).map(({ value }) => value);
  return words.every((word) => typeof word === 'string') ? words : [];
};

/** What is to be shown as the type of a name, instead of what typedoc makes of it. */
const typeFor = (context, reflection) => {
  if (DOCUMENTS.includes(reflection.name)) return new IntrinsicType('object');
  const words = reflection.kindOf(ReflectionKind.TypeAlias) ? wordsOf(context, reflection) : [];
  return words.length === 0 ? undefined : new UnionType(words.map((word) => new LiteralType(word)));
};

/** What a `DefinedRoutine` has of a `Routine`, which stands there. */
const inheritedTwice = (project) =>
  project
    .getReflectionsByKind(ReflectionKind.Interface)
    .filter(({ name }) => name === 'DefinedRoutine')
    .flatMap(({ children = [] }) => children.filter(({ inheritedFrom }) => inheritedFrom !== undefined));

export const load = (app) => {
  app.renderer.defineTheme('short', ShortTheme);
  // It is known while the sources are read, and counts once typedoc has said its own.
  const types = new Map();
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.TypeAlias | ReflectionKind.Variable)) return;
    const type = typeFor(context, reflection);
    if (type !== undefined) types.set(reflection, type);
  });
  app.converter.on(Converter.EVENT_RESOLVE, (_, reflection) => {
    if (types.has(reflection)) reflection.type = types.get(reflection);
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const child of inheritedTwice(project)) project.removeReflection(child);
  });
};
