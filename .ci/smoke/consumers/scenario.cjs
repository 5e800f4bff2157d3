// What every consumer on Node runs: a class routine that emits after an `await`, so that the job has to be found by itself.
module.exports = async ({ Flow, Routine, ErrorHandler, currentContext }) => {
  class Source extends Routine {
    constructor() {
      super();
      this.defineEvent('output');
      this.defineSlot('trigger', async function ({ n }) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        this.emit('output', { n: n * 2, at: currentContext().routineId });
      });
    }
  }
  const seen = [];
  const target = new Routine();
  target.defineSlot('input', (data) => {
    seen.push(data);
  });
  const flow = new Flow({ errorHandler: new ErrorHandler({ strategy: 'stop' }) });
  flow.addRoutine(new Source(), 'source');
  flow.addRoutine(target, 'target');
  flow.connect('source', 'output', 'target', 'input');
  const state = await flow.execute('source', { n: 21 });
  const shown = JSON.stringify({ status: state.status, seen });
  if (shown !== '{"status":"completed","seen":[{"n":42,"at":"source"}]}') throw new Error(`The flow gave ${shown}`);
};
