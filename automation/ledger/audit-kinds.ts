/** What an audit record may be of. */
export const auditKinds = [
  ...(["deploy", "rollback", "retire", "sweep", "repair", "adopt"] as const),
  ...(["approval", "apply", "destroy", "migrate", "run", "freeze", "unfreeze", "preview", "upgrade"] as const),
  ...(["plan", "merge", "comment", "manual"] as const),
] as const;

/** How what is recorded ended. */
export const auditOutcomes = ["succeeded", "unchanged", "failed"] as const;
