import { enableCompileCache, flushCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Engines stop a pack without letting it end, so what Node compiled is kept as soon as the pack serves.
enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/policies", import.meta.url)));
import("./pack.ts").then(() => flushCompileCache());
