/**
 * Pulumi's SDK loads the TypeScript compiler in every process, to serialise functions into Lambdas, and its policy runner
 * registers it with ts-node for packs written in TypeScript. No program here does the first, and Node itself runs this
 * pack's TypeScript; yet it is most of what the SDK loads. After this file the compiler is loaded when something first asks
 * for a part of it, and ts-node when a file in TypeScript is first required; so are the Automation API, which packs have no
 * use for, and what reads package.json for functions. The policy runner attaches a debugger to itself, also for serialising functions: here it does not.
 */
const Module = require("node:module");

const load = Module._load;

Module._load = function (request, parent, isMain) {
  const loadIt = () => load.call(this, request, parent, isMain);
  if (!/[\\/]@pulumi[\\/]pulumi[\\/]/.test(parent?.filename ?? "")) return loadIt();
  if (request === "typescript") return lazyModule(loadIt, { version: () => versionOf(parent.filename) });
  if (request === "./automation") return lazyModule(loadIt);
  if (request === "normalize-package-data") return lazyModule(loadIt, { default: loadIt });
  if (/[\\/]v8Hooks$/.test(request) && /[\\/]run-policy-pack[\\/]/.test(parent.filename)) return noDebugger;
  if (/[\\/]ts-node@[^\\/]+$/.test(request)) return lazyRegistration(loadIt);
  return loadIt();
};

const noDebugger = { isInitializedAsync: async () => undefined };

function versionOf(importer) {
  return Module.createRequire(importer)("typescript/package.json").version;
}

/** @param known what can be said without loading it */
function lazyModule(loadIt, known = {}) {
  let loaded;
  const get = (_, name) => {
    // What imports a module compiled from TypeScript takes it as it is, without looking into it.
    if (name === "__esModule") return true;
    if (Object.hasOwn(known, name)) return known[name]();
    loaded ??= loadIt();
    return loaded[name];
  };
  return new Proxy({}, { get });
}

/** `register` of ts-node, which takes over how files in TypeScript are required. */
function lazyRegistration(loadIt) {
  const register = (options) => {
    const extensions = Module._extensions;
    const before = Object.fromEntries([".ts", ".tsx"].map((extension) => [extension, extensions[extension]]));
    for (const extension of Object.keys(before)) {
      extensions[extension] = (module, file) => {
        for (const [name, own] of Object.entries(before)) {
          if (own === undefined) delete extensions[name];
          else extensions[name] = own;
        }
        loadIt().register(options);
        return extensions[extension](module, file);
      };
    }
  };
  return { register };
}
