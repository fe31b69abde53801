import type { Step } from "../step.ts";
import { identity, identityCenter, organization } from "./account.ts";
import { encryption } from "./encryption.ts";
import { images } from "./images.ts";
import { plan } from "./plan.ts";
import { registry } from "./registry.ts";
import { repository } from "./repository.ts";
import { roles } from "./roles.ts";
import { accounts, pipeline } from "./stacks.ts";
import { state } from "./state.ts";

/** In the order of `stepNames`. */
export const steps: readonly Step[] = [
  identity,
  organization,
  identityCenter,
  state,
  pipeline,
  images,
  roles,
  accounts,
  registry,
  encryption,
  repository,
  plan,
];
