/**
 * Pulumi's SDK loads the TypeScript compiler and npm's arborist in every process, to serialise functions into Lambdas. No
 * program here does that, and the two are most of what the SDK loads. After this file they are loaded when something
 * first asks for a part of them.
 */
const Module = require("node:module");

const lazy = new Set(["typescript", "@npmcli/arborist"]);
const load = Module._load;

Module._load = function (request, parent, isMain) {
  if (!lazy.has(request) || !/[\\/]@pulumi[\\/]pulumi[\\/]/.test(parent?.filename ?? ""))
    return load.call(this, request, parent, isMain);
  let loaded;
  const get = (_, name) => {
    // What imports a module compiled from TypeScript takes it as it is, without looking into it.
    if (name === "__esModule") return true;
    loaded ??= load.call(this, request, parent, isMain);
    return loaded[name];
  };
  return new Proxy({}, { get });
};
