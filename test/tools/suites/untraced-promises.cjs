/**
 * Pulumi's SDK takes a stack trace for every promise it makes, in case one leaks: a fifth of all the time that suites take. After
 * this file it takes none; errors keep theirs.
 */
const Module = require("node:module");

const load = Module._load;
const quiet = new WeakSet();

Module._load = function (request, parent, isMain) {
  const loaded = load.call(this, request, parent, isMain);
  const isOne = /[\\/]debuggable$/.test(request) && /[\\/]@pulumi[\\/]pulumi[\\/]/.test(parent?.filename ?? "");
  if (isOne && !quiet.has(loaded)) {
    quiet.add(loaded);
    const traced = loaded.debuggablePromise;
    loaded.debuggablePromise = (promise, context) => withoutTraces(() => traced(promise, context));
  }
  return loaded;
};

function withoutTraces(work) {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
