import * as z from "zod";
import { repositoryName } from "./service-config.ts";
import { integer, oneOf, problem, text } from "./validation.ts";

/** An environment's database. */
export const database = z
  .strictObject({
    name: text(
      /^(?!(db|rdsadmin|template0|template1)$)[a-z][a-z0-9_]{0,62}$/,
      "a PostgreSQL database name in lower case, other than db, rdsadmin, template0 and template1",
    ).default("app"),
    engineMajor: oneOf(["17", "18"]).default("17"),
    instanceClass: text(/^db\.[a-z0-9]+\.[a-z0-9]+$/, "an RDS instance class such as db.t4g.micro").default(
      "db.t4g.micro",
    ),
    storageGb: integer(20, 65536, "GB").default(20),
    /** Storage grows by itself up to this. */
    maxStorageGb: integer(20, 65536, "GB").default(100),
    backupDays: integer(1, 35, "days").optional(),
    /** What a database that is made begins with; one that is there stays as it is. */
    fromSnapshot: text(
      /^(?!.*--)[A-Za-z][A-Za-z0-9-]{0,126}(?<!-)$/,
      "the identifier of a database snapshot of the same account and region",
    ).optional(),
  })
  .superRefine(({ storageGb, maxStorageGb }, context) => {
    if (maxStorageGb >= storageGb) return;
    const [what, fix] = [`${maxStorageGb} is below storageGb`, `Set it to at least ${storageGb}`];
    problem(context, ["maxStorageGb"], what, fix);
  })
  .prefault({});

/** What applies its migrations. */
export const migrations = z
  .strictObject({
    repository: repositoryName.default("migrate"),
    memoryMb: integer(128, 10240, "MB").default(512),
    /** Lambda's own limit is 900. */
    timeoutSeconds: integer(1, 900, "seconds").default(900),
    architecture: oneOf(["X86_64", "ARM64"]).default("ARM64"),
  })
  .prefault({});
