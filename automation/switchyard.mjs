#!/usr/bin/env node
// Plain JavaScript: the cache of compiled code has to be on before the first file whose types are to be stripped.
import { enableCompileCache } from "node:module";
import { join } from "node:path";

enableCompileCache(join(import.meta.dirname, "..", "node_modules", ".cache", "switchyard"));
await import("./cli.ts");
