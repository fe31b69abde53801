import type { Access } from "./components/organization/expand.ts";

/** What an organization stack says of itself. */
export interface OrganizationOutputs {
  readonly organizationId: string;
  readonly managementAccountId: string;
  /** Entry → account id; without closed ones. */
  readonly accountIds: Readonly<Record<string, string>>;
  /** Entry → the units it is in, `workloads/production`; empty in the root. */
  readonly units: Readonly<Record<string, string>>;
  readonly access: readonly Access[];
  /** Person → groups. */
  readonly memberships: Readonly<Record<string, readonly string[]>>;
  readonly identityCenter: {
    readonly instanceArn: string;
    readonly identityStoreId: string;
    readonly region: string;
    readonly startUrl: string;
  };
}
