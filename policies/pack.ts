import { readFileSync } from "node:fs";
import { PolicyPack } from "@pulumi/policy";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { rules } from "./catalogue.ts";
import { activeExceptions, parseExceptions } from "./exceptions.ts";
import { exceptionsRule } from "./exceptions-rule.ts";
import { policies } from "./policies.ts";
import { unpackOnce } from "./unpack-once.ts";

unpackOnce(struct.Struct);

const names = new Set(rules.map(({ name }) => name));
const file = parseExceptions(readFileSync(new URL("./exceptions.yaml", import.meta.url), "utf8"), names);
const exceptions = activeExceptions(file.exceptions, new Date());

new PolicyPack("switchyard", {
  description: "What must hold in every account before a change reaches it",
  enforcementLevel: "mandatory",
  policies: policies([...rules, exceptionsRule(exceptions, file.problems)], {
    exceptions,
    config: process.env["PULUMI_CONFIG"],
    // The engine says which it is; a preview is the only time a value may be unknown.
    preview: process.env["PULUMI_NODEJS_DRY_RUN"] !== "false",
  }),
});
