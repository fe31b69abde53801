import * as z from "zod";
import { repositoryName } from "./service-config.ts";
import { oneOf, text } from "./validation.ts";

/** Amazon ECR Public API reference, RepositoryCatalogDataInput. */
const publicRepository = z.strictObject(
  {
    description: text(/^[^\p{C}]{1,1024}$/u, "a description of up to 1024 characters in one line"),
    /** Markdown for the repository's page in the gallery. */
    about: text(/^.{1,10240}$/s, "a text of up to 10,240 characters").default(""),
    usage: text(/^.{1,10240}$/s, "a text of up to 10,240 characters").default(""),
    architectures: z
      .array(oneOf(["x86-64", "ARM 64"]), { error: "a list of x86-64 and ARM 64" })
      .default(["x86-64", "ARM 64"]),
    operatingSystems: z.array(oneOf(["Linux"]), { error: "a list of Linux" }).default(["Linux"]),
  },
  { error: "a mapping with a description" },
);

/** What a registry's configuration has beside what every stack's has. */
export const registryKeys = {
  /** Public repository → what its page says. The pack's list of public repositories has to name each too. */
  publicRepositories: z
    .record(repositoryName, publicRepository, { error: "a mapping of repository names to their settings" })
    .refine((all) => Object.keys(all).length > 0, { error: "at least one repository" }),
};

export type PublicRepositoryConfig = z.output<typeof publicRepository>;
