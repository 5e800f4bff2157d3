// Tells which file begins and how each spec ends, as it does: a line of JSON for whoever has started jest.
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

export default class Reporter {
  constructor({ rootDir }) {
    this.rootDir = rootDir;
  }

  onTestFileStart({ path }) {
    tell({ type: 'file', file: this.#nameOf(path) });
  }

  onTestCaseResult({ path }, { status, fullName }) {
    if (status === 'passed' || status === 'failed') tell({ type: status, file: this.#nameOf(path), spec: fullName });
  }

  onTestResult({ path }, { testExecError, failureMessage }) {
    if (testExecError !== undefined && testExecError !== null)
      tell({ type: 'broken', file: this.#nameOf(path), message: failureMessage ?? String(testExecError.message) });
  }

  #nameOf(path) {
    return path.slice(this.rootDir.length + 1);
  }
}
