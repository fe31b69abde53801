/** Where a thing of Amazon SES is: in an account and a region. */
export interface Where {
  readonly account: string;
  readonly region: string;
}

export const keyOf = ({ account, region }: Where, name = "") => `${account}/${region}/${name}`;
