import { type AnyRow, loadProviders } from "@switchyard/sandbox";

const { TableProvider, awsFunctions, awsProvider, awsRows } = await loadProviders();

const role = "aws:iam/role:Role";

/** Types the programs never use and the stand-in does not know, with the arguments a mistake gives them. */
const mistakes: Readonly<Record<string, readonly string[]>> = {
  "aws:ec2/securityGroupRule:SecurityGroupRule": [
    "type",
    "protocol",
    "fromPort",
    "toPort",
    "cidrBlocks",
    "description",
    "securityGroupId",
  ],
  "aws:iam/accessKey:AccessKey": ["user"],
  "aws:iam/user:User": [],
  "aws:lambda/permission:Permission": ["action", "principal", "function"],
};

/** The stand-in for the aws plugin, with types that can be previewed and nothing more. */
export function mistakenProvider(): InstanceType<typeof TableProvider> {
  const rows = Object.entries(mistakes).map(([type, replace]) => [type, onlyPreviewed(type, replace)]);
  const known = awsRows[role] as AnyRow;
  const { version } = awsProvider();
  return new TableProvider({
    package: "aws",
    version,
    rows: {
      ...awsRows,
      ...Object.fromEntries(rows),
      [role]: { ...known, replace: [...(known.replace ?? []), "inlinePolicies"] },
    },
    functions: awsFunctions,
  });
}

function onlyPreviewed(type: string, replace: readonly string[]): AnyRow {
  const refuse = () => Promise.reject(new Error(`${type} is here to be previewed only`));
  return { replace, computed: [], create: refuse, read: refuse, delete: refuse };
}
