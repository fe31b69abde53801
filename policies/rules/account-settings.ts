import { type Inputs, resourceRule } from "../rule.ts";
import { isTrue } from "../unknown.ts";
import { eachType } from "./each-type.ts";

const passwords = "aws:iam/accountPasswordPolicy:AccountPasswordPolicy";
const kinds = ["requireLowercaseCharacters", "requireNumbers", "requireSymbols", "requireUppercaseCharacters"] as const;

const guards = eachType({
  // Each is on unless it is said.
  "aws:ebs/encryptionByDefault:EncryptionByDefault": ({ enabled = true }) =>
    isTrue(enabled) ? undefined : "enabled is not true",
  "aws:guardduty/detector:Detector": ({ enable = true }) => (isTrue(enable) ? undefined : "enable is not true"),
});

export const accountSettingRules = [
  resourceRule(guards.types, {
    name: "account-guards-on",
    level: "mandatory",
    severity: "high",
    controls: ["EC2.7", "GuardDuty.1", "CKV_AWS_106", "CKV_AWS_238"],
    title: "An account's own guards are not switched off",
    why: "They are what is left where a resource was made by hand or by another tool.",
    fix: "Set it to true, or leave it out.",
    check: guards.check,
  }),
  resourceRule(passwords, {
    name: "iam-password-policy",
    level: "mandatory",
    severity: "medium",
    controls: ["IAM.7", "CKV_AWS_11", "CKV_AWS_12", "CKV_AWS_14", "CKV_AWS_15"],
    title: "Passwords are eight characters or longer, of all four kinds",
    why: "A short password of one kind is guessed.",
    fix: "Set minimumPasswordLength to 14, and each of the four require properties to true.",
    check: function* (policy) {
      if (lengthOf(policy) < 8) yield "minimumPasswordLength is less than 8";
      for (const kind of kinds) if (!isTrue(policy[kind])) yield `${kind} is not true`;
    },
  }),
  resourceRule(passwords, {
    name: "iam-password-policy-long",
    level: "advisory",
    severity: "medium",
    controls: ["CKV_AWS_10", "CKV_AWS_13"],
    title: "Passwords are fourteen characters or longer, and none of the last 24",
    why: "Length is what costs a guesser most; an old password may be known already.",
    fix: "Set minimumPasswordLength to 14 and passwordReusePrevention to 24.",
    check: function* (policy) {
      if (lengthOf(policy) < 14) yield "minimumPasswordLength is less than 14";
      if ((policy.passwordReusePrevention ?? 0) < 24) yield "passwordReusePrevention is less than 24";
    },
  }),
];

/** IAM's own default is 6. */
function lengthOf({ minimumPasswordLength = 6 }: Inputs<typeof passwords>): number {
  return minimumPasswordLength;
}
