import * as z from "zod";
import { entryNamePattern, entryNameRule } from "./names.ts";
import { flag, integer, oneOf, text } from "./validation.ts";

const entry = text(entryNamePattern, entryNameRule);
const email = text(
  /^(?=.{6,64}$)[^\s@]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}$/,
  "an e-mail address of at most 64 characters",
);
const description = text(/^[\p{L}\p{N}\p{P}\p{S} ]{1,512}$/u, "a description of up to 512 characters in one line");

function named<Schema extends z.ZodType>(schema: Schema, what: string) {
  return z.record(entry, schema, { error: `a mapping of ${what} to their settings` }).default({});
}
function names(what: string) {
  return z.array(z.string({ error: `the name of ${what}` }), { error: `a list of names of ${what}` });
}

const unit = z.strictObject(
  {
    /** The unit it is in; the root when absent. */
    parent: z.string({ error: "the name of a unit" }).optional(),
    /** Shown by AWS; the entry's name when absent. AWS Organizations, "Quotas": 128 characters. */
    name: text(/^[^\p{C}]{1,128}$/u, "a name of up to 128 characters").optional(),
  },
  { error: "a mapping such as {parent: workloads}, or {}" },
);

/** AWS Budgets API reference, CreateBudget: ten e-mail addresses an alert. */
const budget = z.strictObject({
  monthlyUsd: integer(1, 100_000_000, "US dollars a month"),
  /** Each sends a mail: when so much of the budget is spent, and once it is forecast to be passed. */
  alertPercents: z
    .array(integer(1, 1000, "percent"), { error: "a list of percentages" })
    .min(1, { error: "1 to 4 percentages" })
    .max(4, { error: "1 to 4 percentages" })
    .refine((percents) => new Set(percents).size === percents.length, {
      error: "a percentage is there twice",
      params: { fix: "Leave one of them out" },
    })
    .default([80, 100]),
  emails: z
    .array(email, { error: "a list of e-mail addresses" })
    .min(1, { error: "1 to 10 e-mail addresses" })
    .max(10, { error: "1 to 10 e-mail addresses" }),
});

/** AWS Account Management reference, PutAlternateContact. */
const contact = z.strictObject({
  name: text(/^[^\p{C}]{1,64}$/u, "a name of up to 64 characters"),
  title: text(/^[^\p{C}]{1,50}$/u, "a title of up to 50 characters"),
  email,
  phone: text(/^[\s0-9()+-]{1,25}$/, "a telephone number of digits, spaces and + - ( )"),
});
const contacts = z
  .strictObject(
    { billing: contact.optional(), operations: contact.optional(), security: contact.optional() },
    { error: "a mapping of billing, operations and security to a contact" },
  )
  .default({});

const account = z.strictObject({
  /** Shown by AWS; the entry's name when absent. */
  name: text(/^[^\p{C}]{1,50}$/u, "an account name of up to 50 characters").optional(),
  /** Of its root user: never used by another account, before or after. */
  email,
  /** The root when absent. */
  unit: z.string({ error: "the name of a unit" }).optional(),
  tags: z
    .record(
      text(
        /^(?![Aa][Ww][Ss]:|(project|stack|managed-by|decommission)$)[\w.:/=+@-]{1,128}$/,
        "a tag key other than project, stack, managed-by and decommission, and not beginning with aws:",
      ),
      text(/^[\w .:/=+@-]{0,256}$/, "a tag value of letters, digits, spaces and . : / = + - @ _"),
      { error: "a mapping of tag names to values" },
    )
    .refine((tags) => Object.keys(tags).length <= 40, { error: "at most 40 tags" })
    .default({}),
  budget: budget.optional(),
  /** Laid over the organization's. */
  contacts,
  /** Nobody logs in any more, and `switchyard account close` may close it. */
  decommission: flag.default(false),
});

const valuesOf = z.union([z.string(), z.boolean(), z.number(), z.array(z.string())], {
  error: "a text or a list of texts",
});
const statement = z.strictObject({
  sid: text(/^[A-Za-z0-9]{1,64}$/, "letters and digits").optional(),
  effect: oneOf(["Allow", "Deny"]).default("Deny"),
  actions: names("actions, such as s3:PutObject").optional(),
  notActions: names("actions").optional(),
  resources: names("resources").default(["*"]),
  conditions: z
    .record(z.string(), z.record(z.string(), valuesOf), {
      error: "a mapping of operators to condition keys and values, such as {StringEquals: {aws:PrincipalOrgID: o-1}}",
    })
    .optional(),
});
const document = z.looseObject(
  {
    Version: z.literal("2012-10-17", { error: "2012-10-17, quoted" }).default("2012-10-17"),
    Statement: z.union([z.array(z.looseObject({})).nonempty(), z.looseObject({})], { error: "a list of statements" }),
  },
  { error: "a policy document with Version and Statement" },
);
/** As it is, or as statements. */
const policyText = {
  document: document.optional(),
  statements: z
    .array(statement, { error: "a list of statements" })
    .nonempty({ error: "a list of statements" })
    .optional(),
};

const controlPolicy = z.strictObject({
  ...policyText,
  description: description.default("Of the organization stack"),
  /** `root` is all of them. */
  units: names("units").default([]),
  accounts: names("accounts").default([]),
});

const person = z.strictObject(
  {
    email: email.optional(),
    givenName: text(/^[^\p{C}]{1,100}$/u, "a name of up to 100 characters").optional(),
    familyName: text(/^[^\p{C}]{1,100}$/u, "a name of up to 100 characters").optional(),
    groups: names("groups").optional(),
  },
  { error: "a mapping with email, givenName, familyName and groups; {} where the identity is external" },
);
/** AWS IAM Identity Center API reference, CreateUser. */
const userName = text(/^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u, "a user name of up to 128 characters without spaces");
const groupName = text(/^[\p{L}\p{M}\p{S}\p{N}\p{P} ]{1,128}$/u, "a group's name of up to 128 characters");

/** AWS IAM Identity Center user guide, "Quotas"; API reference, CreatePermissionSet. */
const permissionSet = z.strictObject({
  description: description.default("Of the organization stack"),
  /** ARNs, or names of AWS's own, such as ReadOnlyAccess or job-function/Billing. */
  managedPolicies: z
    .array(
      text(
        /^(arn:aws[a-z-]*:iam::aws:policy\/)?[\w+=,.@-]+(\/[\w+=,.@-]+)*$/,
        "the name or ARN of a policy of AWS's, such as ReadOnlyAccess",
      ),
      { error: "a list of policies of AWS's" },
    )
    .max(20, { error: "at most 20 policies" })
    .default([]),
  inlinePolicy: z.strictObject(policyText).optional(),
  permissionsBoundary: z
    .strictObject({
      /** AWS's own. */
      managedPolicy: text(/^[\w+=,.@/-]+$/, "the name of a policy of AWS's").optional(),
      /** Name, with its path before it, of a policy that every account has. */
      customerPolicy: text(/^(\/[\w+=,.@-]+)*\/?[\w+=,.@-]+$/, "the name of a policy in every account").optional(),
    })
    .optional(),
  sessionHours: integer(1, 12, "hours").default(8),
  relayState: text(/^https:\/\/\S{1,232}$/, "an https address of up to 240 characters").optional(),
});

const assignment = z.strictObject({
  group: z.string({ error: "the name of a group" }),
  permissionSets: names("permission sets").nonempty({ error: "a list of names of permission sets" }),
  /** With the units in them; `root` is every account that has an entry. */
  units: names("units").default([]),
  /** `management` is the management account. */
  accounts: names("accounts").default([]),
});

const delegatedAdministrator = z.strictObject({
  account: z.string({ error: "the name of an account" }),
  service: text(/^[a-z0-9.-]+\.amazonaws\.com$/, "a service principal such as guardduty.amazonaws.com"),
});

const trail = z.strictObject({
  /** The account its bucket and key are in. */
  account: z.string({ error: "the name of an account" }),
  name: text(/^[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]$/, "a trail's name").default("organization"),
});

/** The keys of an organization stack beside those every stack has. */
export const organizationKeys = {
  /** `logins` is a stack in Identity Center's delegated administrator: it makes no accounts, and nothing in the management account. */
  administers: oneOf(["organization", "logins"]).default("organization"),
  /** Who owns people and groups: this stack, or an identity provider that Identity Center gets them from. */
  identity: oneOf(["managed", "external"]).default("managed"),
  /** Accounts AWS lets the organization have, with the management account and closed ones. AWS Organizations, "Quotas": 10. */
  accountQuota: z.preprocess(
    (value) => (typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value),
    integer(1, 100_000, "accounts").default(10),
  ),
  units: named(unit, "units"),
  accounts: named(account, "accounts"),
  serviceControlPolicies: named(controlPolicy, "policies"),
  resourceControlPolicies: named(controlPolicy, "policies"),
  people: z.record(userName, person, { error: "a mapping of user names to people" }).default({}),
  groups: z
    .record(groupName, z.strictObject({ description: description.optional() }, { error: "a mapping, or {}" }), {
      error: "a mapping of group names to their settings",
    })
    .default({}),
  permissionSets: z
    .record(text(/^[\w+=,.@-]{1,32}$/, "up to 32 letters, digits and + = , . @ - _"), permissionSet, {
      error: "a mapping of permission sets to their settings",
    })
    .default({}),
  /** Policies of AWS's own that are newer than the list which names are held against. */
  newerManagedPolicies: z
    .array(text(/^[\w+=,.@/-]+$/, "the name of a policy of AWS's, with its path"), {
      error: "a list of policies of AWS's",
    })
    .default([]),
  assignments: z.array(assignment, { error: "a list of assignments" }).default([]),
  delegatedAdministrators: z.array(delegatedAdministrator, { error: "a list of delegated administrators" }).default([]),
  trail: trail.optional(),
  /** Of all accounts together. */
  budget: budget.optional(),
  /** Of every account. */
  contacts,
};

const organizationShape = z.strictObject(organizationKeys);
export type OrganizationSettings = z.output<typeof organizationShape>;
export type AccountEntry = OrganizationSettings["accounts"][string];
export type Contacts = OrganizationSettings["contacts"];
export type BudgetEntry = z.output<typeof budget>;
export type PolicyText = { readonly [Key in keyof typeof policyText]?: z.output<(typeof policyText)[Key]> };
export type PermissionSetEntry = z.output<typeof permissionSet>;
