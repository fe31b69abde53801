/**
 * Loaded first by every Node process of an engine: policy runner, language host, plugins. When what started it is killed,
 * nobody is left to end it.
 */
const parent = process.ppid;

setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 500).unref();
