// biome-ignore-all lint/suspicious/noTemplateCurlyInString: IAM writes its policy variables so.
import fc from "fast-check";

/** Documents, and a request about them, as IAM's own texts have them. */
export interface Case {
  readonly identity: object;
  readonly boundary?: object | undefined;
  readonly resource?: object | undefined;
  readonly principal: string;
  readonly action: string;
  readonly resourceArn: string;
  readonly account: string;
  readonly context: Readonly<Record<string, string | string[]>>;
}

const [home, abroad] = ["111111111111", "222222222222"];
const principals = [
  `arn:aws:iam::${home}:user/alice`,
  `arn:aws:iam::${home}:role/web`,
  `arn:aws:iam::${abroad}:role/web`,
  `arn:aws:iam::${abroad}:user/bob`,
];
const actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];
const objects = ["arn:aws:s3:::files/a/1.txt", "arn:aws:s3:::files/b/2.txt", "arn:aws:s3:::logs/a/1.txt"];

const actionPatterns = ["*", "s3:*", "s3:Get*", "S3:getobject", "s3:???Object", "s3:Put*ject", "ec2:*", ...actions];
const resourcePatterns = [
  "*",
  "arn:aws:s3:::*",
  "arn:aws:s3:::files/*",
  "arn:aws:s3:::files/?/*.txt",
  "arn:aws:s3:::*/a/*",
  "arn:*:s3:::files/a/1.txt",
  "arn:aws:s3:::files/${aws:PrincipalTag/team}/*",
  "arn:aws:s3:::files/${aws:PrincipalTag/team, 'a'}/*",
  ...objects,
];
const principalElements: readonly unknown[] = [
  "*",
  { AWS: "*" },
  { AWS: home },
  { AWS: [`arn:aws:iam::${abroad}:root`, principals[0]] },
  ...principals.map((AWS) => ({ AWS })),
  { Service: "sns.amazonaws.com" },
];

/** Condition keys by the type of their values: what a request may have, and what a policy may compare it with. */
const keys = {
  string: {
    names: ["aws:PrincipalOrgID", "aws:UserAgent", "aws:PrincipalTag/team", "AWS:requesttag/Team"],
    values: ["a", "b", "A", "a-1", "", "stranger"],
    patterns: ["a", "b", "A*", "a*", "?-1", "*", "", "*-*", "${aws:PrincipalTag/team}", "${*}"],
    operators: [
      "StringEquals",
      "StringNotEquals",
      "StringEqualsIgnoreCase",
      "StringNotEqualsIgnoreCase",
      "StringLike",
      "StringNotLike",
    ],
  },
  arn: {
    names: ["aws:SourceArn"],
    values: [`arn:aws:sns:us-east-1:${home}:t`, `arn:aws:s3:::files`],
    patterns: [`arn:aws:sns:us-east-1:${home}:t`, "arn:aws:s3:::*", `arn:*:*:*:${home}:*`, "arn:aws:s?s:*:*:t"],
    operators: ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringLike"],
  },
  number: {
    names: ["aws:MultiFactorAuthAge"],
    values: ["0", "300", "3600"],
    patterns: ["300", "0", "299.5", "3600"],
    operators: [
      "NumericEquals",
      "NumericNotEquals",
      "NumericLessThan",
      "NumericLessThanEquals",
      "NumericGreaterThan",
      "NumericGreaterThanEquals",
    ],
  },
  date: {
    names: ["aws:CurrentTime"],
    values: ["2026-01-01T00:00:00Z", "2026-06-01T12:00:00Z"],
    patterns: ["2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z", "2027-01-01T00:00:00Z"],
    operators: [
      "DateEquals",
      "DateNotEquals",
      "DateLessThan",
      "DateLessThanEquals",
      "DateGreaterThan",
      "DateGreaterThanEquals",
    ],
  },
  bool: { names: ["aws:SecureTransport"], values: ["true", "false"], patterns: ["true", "false"], operators: ["Bool"] },
  ip: {
    names: ["aws:SourceIp"],
    values: ["203.0.113.9", "198.51.100.1", "2001:db8::1"],
    patterns: ["203.0.113.0/24", "198.51.100.1", "198.51.100.1/32", "0.0.0.0/0", "2001:db8::/32"],
    operators: ["IpAddress", "NotIpAddress"],
  },
} as const;
const several = {
  names: ["aws:TagKeys", "aws:PrincipalOrgPaths"],
  values: ["a", "b", "o-1/r-1/ou-1/", "o-1/r-2/"],
  patterns: ["a", "b", "o-1/*", "o-1/r-1/*", "*"],
  operators: ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"],
};

const some = <T>(list: readonly T[], most = 3) =>
  fc.uniqueArray(fc.constantFrom(...list), { minLength: 1, maxLength: most });
const oneOrMany = <T>(list: readonly T[]) => fc.oneof(fc.constantFrom(...list), some(list));

const single = fc.constantFrom(...Object.values(keys)).chain(({ names, patterns, operators }) =>
  fc.record({
    operator: fc
      .tuple(fc.constantFrom(...operators), fc.boolean())
      .map(([one, ifExists]) => (ifExists ? `${one}IfExists` : one)),
    key: fc.constantFrom(...names),
    values: oneOrMany(patterns as readonly string[]),
  }),
);
const multiple = fc.record({
  operator: fc
    .tuple(fc.constantFrom("ForAllValues", "ForAnyValue"), fc.constantFrom(...several.operators), fc.boolean())
    .map(([set, one, ifExists]) => `${set}:${one}${ifExists ? "IfExists" : ""}`),
  key: fc.constantFrom(...several.names),
  values: oneOrMany(several.patterns),
});
const absence = fc.record({
  operator: fc.constant("Null"),
  key: fc.constantFrom(...several.names, ...Object.values(keys).flatMap(({ names }) => names as readonly string[])),
  values: fc.constantFrom<string | string[]>("true", "false"),
});
const conditions = fc.array(fc.oneof(single, single, multiple, absence), { maxLength: 2 }).map((list) => {
  const Condition: Record<string, Record<string, unknown>> = {};
  for (const { operator, key, values } of list) Condition[operator] = { ...Condition[operator], [key]: values };
  return list.length === 0 ? {} : { Condition };
});
const actionElement = fc.oneof(
  { weight: 5, arbitrary: oneOrMany(actionPatterns).map((Action) => ({ Action })) },
  { weight: 1, arbitrary: oneOrMany(actionPatterns).map((NotAction) => ({ NotAction })) },
);
const resourceElement = fc.oneof(
  { weight: 5, arbitrary: oneOrMany(resourcePatterns).map((Resource) => ({ Resource })) },
  { weight: 1, arbitrary: oneOrMany(resourcePatterns).map((NotResource) => ({ NotResource })) },
);
const effect = fc.constantFrom("Allow", "Allow", "Allow", "Deny").map((Effect) => ({ Effect }));

function document(principal: boolean) {
  const who = principal ? fc.constantFrom(...principalElements).map((Principal) => ({ Principal })) : fc.constant({});
  const statement = fc
    .tuple(effect, who, actionElement, resourceElement, conditions)
    .map((parts) => Object.assign({}, ...parts) as object);
  return fc.array(statement, { minLength: 1, maxLength: 3 }).map((Statement) => ({ Version: "2012-10-17", Statement }));
}

const context = fc
  .tuple(
    ...Object.values(keys).flatMap(({ names, values }) =>
      names.map((name) =>
        fc.option(fc.constantFrom(...(values as readonly string[]))).map((value) => [name, value] as const),
      ),
    ),
    ...several.names.map((name) =>
      fc.option(fc.uniqueArray(fc.constantFrom(...several.values))).map((value) => [name, value] as const),
    ),
  )
  .map((pairs) => Object.fromEntries(pairs.filter(([, value]) => value !== null)) as Case["context"]);

export const cases: fc.Arbitrary<Case> = fc.record({
  identity: document(false),
  boundary: fc.option(document(false), { nil: undefined, freq: 3 }),
  resource: fc.option(document(true), { nil: undefined }),
  principal: fc.constantFrom(...principals),
  action: fc.constantFrom(...actions),
  resourceArn: fc.constantFrom(...objects),
  account: fc.constant(home),
  context,
});
