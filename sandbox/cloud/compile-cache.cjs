/** Loaded before the cloud: what Node compiled of it is kept, since a process of its own starts for every sandbox. */
const { join } = require("node:path");
const nodeModule = require("node:module");

nodeModule.enableCompileCache(join(__dirname, "..", "..", "node_modules", ".cache", "sandbox-cloud"));
