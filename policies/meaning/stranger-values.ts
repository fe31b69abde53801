import { readOperator } from "@switchyard/iam/conditions.ts";
import type { Condition } from "@switchyard/iam/document.ts";
import { arnParts, globMatches, hasWildcard } from "@switchyard/iam/glob.ts";
import { reachInternet } from "./ranges.ts";

const account = "999999999999";

/** Keys whose value AWS sets from who or what the caller is, and which a stranger has of their own. */
const owned: readonly { readonly key: RegExp; readonly values: readonly string[] }[] = [
  {
    key: /^(aws:(principalaccount|sourceaccount|sourceowner|vpceaccount)|kms:calleraccount|s3:dataaccesspointaccount)$/,
    values: [account],
  },
  { key: /^aws:(principalorgid|sourceorgid|vpceorgid)$/, values: ["o-stranger00"] },
  {
    key: /^aws:(principalorgpaths|sourceorgpaths|vpceorgpaths)$/,
    values: ["o-stranger00/r-stra/ou-stra-00000000/"],
  },
  { key: /^aws:(sourcevpc|ec2instancesourcevpc)$/, values: ["vpc-0fffffff"] },
  { key: /^aws:sourcevpce$/, values: ["vpce-0fffffff"] },
  { key: /^aws:(userid|username)$/, values: ["AROASTRANGER0000:stranger"] },
];
const arns =
  /^(aws:(principalarn|sourcearn|sourcevpcarn|sourceidentityarn)|s3:dataaccesspointarn|ec2:sourceinstancearn|lambda:sourcefunctionarn|ecs:sourcearn)$/;
const address = /^aws:(sourceip|vpcsourceip)$/;
const secret = /^sts:externalid$/;

/** Values a stranger's request may have for a key: their own, or whatever they choose where the choice is theirs. */
export function possibleValues(key: string, about: readonly Condition[]): readonly string[] {
  const said = about.filter(({ operator }) => readOperator(operator).base !== "null").flatMap(({ values }) => values);
  const mine = owned.find((one) => one.key.test(key));
  if (mine !== undefined) return mine.values;
  if (arns.test(key)) return ownArns(key, said);
  if (address.test(key)) return addresses(key, said);
  // The two accounts keep it between them: only a pattern lets others guess one.
  if (secret.test(key)) return ["stranger", ...said.filter(hasWildcard).map((one) => chosen(one))];
  return ["stranger", ...said.flatMap((value) => [chosen(value), ...around(value)])];
}

/** Values beside one a number, date or truth value is compared with. */
function around(value: string): readonly string[] {
  if (/^(true|false)$/i.test(value)) return ["true", "false"];
  if (/^-?\d+(\.\d+)?$/.test(value)) return [String(Number(value) - 1), String(Number(value) + 1)];
  if (/^\d{4}-\d{2}-\d{2}/.test(value)) return ["1970-01-02T00:00:00Z", "2999-01-01T00:00:00Z"];
  return [];
}

function chosen(pattern: string): string {
  return pattern.replaceAll(/\*+/g, "stranger").replaceAll("?", "s");
}

/**
 * Conditions as they may be meant: a pattern of an ARN that ends in a star before its sixth part is taken for all it
 * could match, as nowhere is it written that AWS takes it for none.
 */
export function widened(conditions: readonly Condition[]): readonly Condition[] {
  return conditions.map((one) =>
    /^(\w+:)?arn(equals|like)/i.test(one.operator) ? { ...one, values: one.values.map(whole) } : one,
  );
}

function whole(pattern: string): string {
  const missing = 6 - pattern.split(":").length;
  return missing > 0 && pattern.endsWith("*") ? `${pattern}${":*".repeat(missing)}` : pattern;
}

/** ARNs in the stranger's account that fit a pattern; of what has no account in its ARN, those under a pattern's name. */
function ownArns(key: string, said: readonly string[]): readonly string[] {
  const usual =
    key === "aws:principalarn"
      ? [`arn:aws:iam::${account}:role/stranger`]
      : [`arn:aws:sns:us-east-1:${account}:stranger`];
  const fitting = said.flatMap((pattern) => {
    const parts = arnParts(pattern) ?? (hasWildcard(pattern) ? ["*", "*", "*", "*", "*", "*"] : undefined);
    if (parts === undefined) return [];
    const [arn = "", partition = "", service = "", region = "", owner = "", resource = ""] = parts;
    const theirs = globMatches(owner, account) ? account : owner === "" && hasWildcard(resource) ? "" : undefined;
    if (theirs === undefined) return [];
    const plain = (part: string, fallback: string) => (hasWildcard(part) ? fallback : part);
    return [
      [
        plain(arn, "arn"),
        plain(partition, "aws"),
        plain(service, key === "aws:principalarn" ? "iam" : "sns"),
        plain(region, key === "aws:principalarn" ? "" : "us-east-1"),
        theirs,
        chosen(resource),
      ].join(":"),
    ];
  });
  return [...usual, ...fitting];
}

/** An address on the internet that no range short of a whole block of it holds; anything inside a private network. */
function addresses(key: string, said: readonly string[]): readonly string[] {
  const usual = key === "aws:sourceip" ? ["198.51.100.77", "2001:db8:ffff::77"] : ["10.77.77.77"];
  const inside = key === "aws:vpcsourceip" || reachInternet(said) ? said.map(within) : [];
  return [...usual, ...inside];
}

function within(range: string): string {
  const [base = ""] = range.split("/");
  return base.includes(":") ? (base.endsWith("::") ? `${base}77` : base) : base.replace(/\.\d+$/, ".77");
}
