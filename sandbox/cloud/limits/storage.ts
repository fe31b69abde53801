import { all, constraint, type Limit, matching, never, type Refuse } from "./limit.ts";

const instances = "Amazon RDS API reference, CreateDBInstance";
const buckets = "Amazon S3 user guide, General purpose bucket naming rules";

/** The identifiers of Amazon RDS, in its own words. */
function identifier(parameter: string, longest: number): Refuse {
  const say =
    `The parameter ${parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only ` +
    "ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.";
  return (value) => (value.length <= longest && /^[A-Za-z](-?[A-Za-z0-9])*$/.test(value) ? undefined : say);
}

/** Of RDS for PostgreSQL's: what the engine keeps for itself. Key words of SQL are taken, quoted. */
const reservedDatabases = /^(db|rdsadmin|template0|template1)$/i;
const reservedUsers = /^(admin|postgres_.*|pg_.*|public|rds.*|rdsadmin|rdsrepladmin|rdstopmgr)$/i;

const bucketName: Refuse = (value) => {
  const shaped = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(value) && !/\.\.|^\d+\.\d+\.\d+\.\d+$/.test(value);
  const reserved = /^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(value);
  return shaped && !reserved ? undefined : "The specified bucket is not valid.";
};

export const storageLimits: readonly Limit[] = [
  {
    service: "rds",
    operations: ["CreateDBInstance"],
    member: "DBInstanceIdentifier",
    from: [{ type: "aws:rds/instance:Instance", property: "identifier", auto: true }],
    page: instances,
    code: "InvalidParameterValue",
    refuse: identifier("DBInstanceIdentifier", 63),
  },
  {
    service: "rds",
    operations: ["DeleteDBInstance", "CreateDBSnapshot"],
    member: "FinalDBSnapshotIdentifier",
    from: [{ type: "aws:rds/instance:Instance", property: "finalSnapshotIdentifier" }],
    page: "Amazon RDS API reference, DeleteDBInstance",
    code: "InvalidParameterValue",
    refuse: identifier("FinalDBSnapshotIdentifier", 255),
  },
  {
    service: "rds",
    operations: ["CreateDBInstance"],
    member: "DBName",
    from: [{ type: "aws:rds/instance:Instance", property: "dbName" }],
    page: instances,
    code: "InvalidParameterValue",
    refuse: all(
      matching(
        /^[A-Za-z_][A-Za-z0-9_]{0,62}$/,
        "DBName must begin with a letter and contain only alphanumeric characters.",
      ),
      never(reservedDatabases, (value) => `DBName ${value} cannot be used. It is a reserved word for this engine`),
    ),
  },
  {
    service: "rds",
    operations: ["CreateDBInstance"],
    member: "MasterUsername",
    from: [{ type: "aws:rds/instance:Instance", property: "username" }],
    page: instances,
    code: "InvalidParameterValue",
    refuse: all(
      matching(
        /^[A-Za-z][A-Za-z0-9_]{0,62}$/,
        "MasterUsername must begin with a letter and contain only alphanumeric characters.",
      ),
      never(
        reservedUsers,
        (value) => `MasterUsername ${value} cannot be used as it is a reserved word used by the engine`,
      ),
    ),
  },
  {
    service: "rds",
    operations: ["CreateDBParameterGroup"],
    member: "DBParameterGroupName",
    from: [{ type: "aws:rds/parameterGroup:ParameterGroup", property: "name", auto: true }],
    page: "Amazon RDS API reference, CreateDBParameterGroup",
    code: "InvalidParameterValue",
    refuse: identifier("DBParameterGroupName", 255),
  },
  {
    service: "rds",
    operations: ["CreateDBSubnetGroup"],
    member: "DBSubnetGroupName",
    from: [{ type: "aws:rds/subnetGroup:SubnetGroup", property: "name", auto: true }],
    page: "Amazon RDS API reference, CreateDBSubnetGroup",
    code: "InvalidParameterValue",
    refuse: all(
      matching(
        /^[A-Za-z0-9. _-]{1,255}$/,
        "The parameter DBSubnetGroupName must be provided and must not contain more than 255 letters, numbers, periods, underscores, spaces, or hyphens.",
      ),
      never(/^default$/i, "The parameter DBSubnetGroupName cannot be 'default'."),
    ),
  },
  {
    service: "s3",
    operations: ["CreateBucket"],
    member: "Bucket",
    from: [{ type: "aws:s3/bucket:Bucket", property: "bucket", auto: true }],
    page: buckets,
    code: "InvalidBucketName",
    refuse: bucketName,
  },
  {
    service: "dynamodb",
    operations: ["CreateTable"],
    member: "TableName",
    from: [{ type: "aws:dynamodb/table:Table", property: "name", auto: true }],
    page: "Amazon DynamoDB developer guide, Naming rules",
    code: "ValidationException",
    refuse: constraint("tableName", { min: 3, max: 255, pattern: /^[a-zA-Z0-9_.-]+$/ }),
  },
  {
    service: "ecr",
    operations: ["CreateRepository"],
    member: "repositoryName",
    from: [{ type: "aws:ecr/repository:Repository", property: "name", auto: true }],
    page: "Amazon ECR API reference, CreateRepository",
    code: "InvalidParameterException",
    refuse: matching(
      /^(?=.{2,256}$)([a-z0-9]+([._-][a-z0-9]+)*\/)*[a-z0-9]+([._-][a-z0-9]+)*$/,
      "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''",
    ),
  },
  {
    service: "ecr",
    operations: ["SetRepositoryPolicy"],
    member: "policyText",
    from: [{ type: "aws:ecr/repositoryPolicy:RepositoryPolicy", property: "policy" }],
    page: "Amazon ECR API reference, SetRepositoryPolicy",
    code: "InvalidParameterException",
    refuse: constraint("policyText", { max: 10_240 }),
  },
];
