#!/usr/bin/env node
// Stands in for `gh` where a test puts it on PATH: a repository's variables and environments, kept in the file $GH_STATE.
import { readFileSync, writeFileSync } from "node:fs";

const file = process.env.GH_STATE;
const state = JSON.parse(readFileSync(file, "utf8"));
const args = process.argv.slice(2);
const end = (code, text) => {
  if (text) (code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  process.exit(code);
};
const save = () => {
  const isLast = state.killAfter === 1;
  state.killAfter = (state.killAfter ?? 0) - 1;
  writeFileSync(file, JSON.stringify(state));
  // What was asked is done, and whoever asked does not hear of it.
  if (isLast) process.kill(process.ppid, "SIGKILL");
  end(0);
};

const [noun, verb, name] = args;
if (noun === "auth") end(state.loggedIn === false ? 1 : 0);
if (noun === "variable" && verb === "list")
  end(0, JSON.stringify(Object.entries(state.variables).map(([key, value]) => ({ name: key, value }))));
if (noun === "variable" && verb === "set") {
  state.variables[name] = args[args.indexOf("--body") + 1];
  save();
}
if (noun === "variable" && verb === "delete") {
  delete state.variables[name];
  save();
}
const path = args.find((arg) => arg.startsWith("repos/")) ?? "";
if (noun === "api" && /^repos\/[^/]+\/[^/]+$/.test(path)) end(0, "2026-11-01T00:00:00Z\t1234567\t123456789");
const [, environment, policies] = /\/environments(?:\/([^/]+))?(\/deployment-branch-policies)?$/.exec(path) ?? [];
const method = args.includes("-X") ? args[args.indexOf("-X") + 1] : "GET";
if (noun === "api" && method === "GET" && environment === undefined)
  end(
    0,
    Object.entries(state.environments)
      .map(([key, { limited }]) => `${key}\t${limited}`)
      .join("\n"),
  );
if (noun === "api" && method === "GET" && policies) end(0, state.environments[environment].patterns.join("\n"));
if (noun === "api" && method === "PUT") {
  state.environments[environment] ??= { patterns: [] };
  state.environments[environment].limited = args.some((arg) => arg.includes("custom_branch_policies]=true"));
  save();
}
if (noun === "api" && method === "POST" && policies) {
  state.environments[environment].patterns.push(args.find((arg) => arg.startsWith("name=")).slice("name=".length));
  save();
}
end(1, `gh: unknown: ${args.join(" ")}`);
