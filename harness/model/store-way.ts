/** What is wrong on the way to an object store. */
export type StoreTrouble =
  /** Uploads come to nothing: the store gets the first half of the bytes, or all of them and its answer is never passed on. */
  | { readonly kind: 'hold'; readonly at: 'body' | 'answer' }
  /** Lists leave out the objects that are written from now on. */
  | { readonly kind: 'late-lists' }
  /** Uploads are refused with an error of S3's. */
  | { readonly kind: 'refuse'; readonly status: number; readonly code: string; readonly message: string };

/** What the trouble has done so far. */
export interface StoreTraffic {
  /** Keys of the objects whose upload is held up, with their bucket before them: `bucket/folder/name`. */
  readonly held: readonly string[];
  readonly refused: number;
  /** Lists that left something out, and how many objects the worst of them did. */
  readonly shortened: number;
  readonly hidden: number;
}

/** The way on which requests get to an object store. One trouble at a time. */
export interface StoreWay {
  /** Where whoever goes this way asks: a URL. */
  readonly endpoint: string;
  /** Counts anew. */
  trouble(trouble: StoreTrouble): void;
  /** All gets through again. What is held up is cut off, as by a store that dies: its client tries again. */
  clear(): void;
  readonly traffic: StoreTraffic;
}
