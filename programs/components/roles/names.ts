/** Fixed, so that a role's documents, and who judges a change of one, can name them before they are made. */
export const workloadBoundaryName = "switchyard-workload";
export const workflowBoundaryName = "switchyard-workflow";

/** Below it are the roles of a stack's services and functions, and no others. */
export function workloadPath(stack: string): string {
  return `/switchyard/${stack}/`;
}
