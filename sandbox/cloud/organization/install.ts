/** An organization of accounts: moto's, with what it lacks, and what AWS refuses in it. */
import type { Install } from "../handlers.ts";
import { installBudgets } from "./budgets.ts";
import { installDirectory } from "./directory.ts";
import { installIdentityCenter } from "./identity-center.ts";
import { installOrganizations } from "./organizations.ts";

export const install: Install = (cloud) => {
  installOrganizations(cloud);
  installIdentityCenter(cloud);
  installDirectory(cloud);
  installBudgets(cloud);
};
