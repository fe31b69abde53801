/** The file that every preview environment is made by, unless the checkout has one of its own. */
export const previewsFile = "previews.yaml";

/** GitHub counts pull requests with issues; nine digits keep the name within a stack's length. */
const pattern = /^pr-([1-9]\d{0,8})$/;

export function previewStack(pull: number): string {
  return `pr-${pull}`;
}

/** The pull request of a stack of that name; undefined for any other stack. */
export function pullOf(stack: string): number | undefined {
  const [, number] = pattern.exec(stack) ?? [];
  return number === undefined ? undefined : Number(number);
}
