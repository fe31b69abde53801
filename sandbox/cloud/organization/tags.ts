/** Tags of things whose service moto keeps none of. */
export interface Tag {
  readonly Key: string | undefined;
  readonly Value: string | undefined;
}

export class Tags {
  readonly #byArn = new Map<string, readonly Tag[]>();

  of(arn = ""): Tag[] {
    return [...(this.#byArn.get(arn) ?? [])];
  }

  set(arn = "", tags: readonly Tag[] = []): void {
    this.#byArn.set(arn, tags);
  }

  /** What the operations answer is empty. */
  add(arn: string | undefined, tags: readonly Tag[] = []): object {
    const added = new Set(tags.map(({ Key }) => Key));
    this.set(arn, [...this.of(arn).filter(({ Key }) => !added.has(Key)), ...tags]);
    return {};
  }

  remove(arn: string | undefined, keys: readonly string[] = []): object {
    this.set(
      arn,
      this.of(arn).filter(({ Key = "" }) => !keys.includes(Key)),
    );
    return {};
  }

  delete(arn = ""): void {
    this.#byArn.delete(arn);
  }

  clear(): void {
    this.#byArn.clear();
  }
}
