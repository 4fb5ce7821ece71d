import type { Socket } from 'node:net';

/** What is wrong with one direction of a connection; undefined where nothing is. */
export type FlowTrouble =
  | { readonly kind: 'hold' }
  | {
      readonly kind: 'slow';
      readonly latencyMs: number;
      readonly jitterMs: number;
      readonly bytesPerSecond?: number | undefined;
    };

/** What one direction of a relay's connections has carried, over all of them. */
export interface Carried {
  /** Bytes that went through. */
  readonly passed: number;
  /** Bytes that came in while nothing went through. */
  readonly stopped: number;
  /** How long pieces of data were kept, in ms: the first few thousand. */
  readonly delaysMs: readonly number[];
}

const DELAYS_MAX = 4000;

export class Meter {
  #passed = 0;
  #stopped = 0;
  #delaysMs: number[] = [];

  pass(bytes: number, keptMs: number): void {
    this.#passed += bytes;
    if (this.#delaysMs.length < DELAYS_MAX) this.#delaysMs.push(keptMs);
  }

  stop(bytes: number): void {
    this.#stopped += bytes;
  }

  get carried(): Carried {
    return { passed: this.#passed, stopped: this.#stopped, delaysMs: this.#delaysMs };
  }

  /** Counts anew. */
  empty(): void {
    this.#passed = 0;
    this.#stopped = 0;
    this.#delaysMs = [];
  }
}

/** What one direction keeps at most before it reads no more, as a network's own buffers do. */
const KEPT_MAX = 1 << 20;
/** With a bandwidth, less: data that waits for minutes behind a slow line would be trouble that nobody asked for. */
const KEPT_MAX_NARROW = 1 << 16;

interface Piece {
  /** Undefined: the end of the stream. */
  readonly data: Buffer | undefined;
  readonly at: number;
  due: number;
}

/** One direction of a connection: what comes from one socket goes to the other, in its order. */
export class Flow {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #meter: Meter;
  readonly #pieces: Piece[] = [];
  #kept = 0;
  /** When the line is free again, where it is narrow. */
  #freeAt = 0;
  #trouble: FlowTrouble | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #random: () => number;

  constructor(options: {
    readonly from: Socket;
    readonly to: Socket;
    readonly meter: Meter;
    readonly trouble: FlowTrouble | undefined;
    /** From 0 up to 1: how much of the jitter a piece of data gets. */
    readonly random: () => number;
  }) {
    this.#from = options.from;
    this.#to = options.to;
    this.#meter = options.meter;
    this.#trouble = options.trouble;
    this.#random = options.random;
    this.#from.on('data', (data) => this.#take(data));
    this.#from.on('end', () => this.#take(undefined));
    this.#to.on('drain', () => this.#pump());
  }

  /** Without trouble, whatever was kept goes on at once. */
  set trouble(trouble: FlowTrouble | undefined) {
    this.#trouble = trouble;
    if (trouble === undefined) for (const piece of this.#pieces) piece.due = piece.at;
    this.#pump();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#pieces.length = 0;
  }

  #take(data: Buffer | undefined): void {
    const now = performance.now();
    const bytes = data?.length ?? 0;
    if (this.#trouble?.kind === 'hold') this.#meter.stop(bytes);
    this.#pieces.push({ data, at: now, due: this.#dueAt(now, bytes) });
    this.#kept += bytes;
    this.#pump();
    if (this.#kept > this.#keptMax) this.#from.pause();
  }

  get #keptMax(): number {
    const narrow = this.#trouble?.kind === 'slow' && this.#trouble.bytesPerSecond !== undefined;
    return narrow ? KEPT_MAX_NARROW : KEPT_MAX;
  }

  #dueAt(now: number, bytes: number): number {
    if (this.#trouble?.kind !== 'slow') return now;
    const { latencyMs, jitterMs, bytesPerSecond } = this.#trouble;
    let sent = now;
    if (bytesPerSecond !== undefined) {
      sent = Math.max(now, this.#freeAt) + (bytes / bytesPerSecond) * 1000;
      this.#freeAt = sent;
    }
    // Jitter reorders nothing: a stream's data arrives in its order, and so no earlier than what is before it.
    return Math.max(sent + latencyMs + jitterMs * this.#random(), this.#pieces.at(-1)?.due ?? 0);
  }

  #pump(): void {
    clearTimeout(this.#timer);
    for (;;) {
      const [piece] = this.#pieces;
      if (piece === undefined || this.#trouble?.kind === 'hold' || this.#to.writableNeedDrain) break;
      const now = performance.now();
      if (piece.due > now) {
        this.#timer = setTimeout(() => this.#pump(), piece.due - now);
        break;
      }
      this.#pieces.shift();
      this.#pass(piece, now);
    }
    if (this.#kept <= this.#keptMax / 2 && this.#from.isPaused()) this.#from.resume();
  }

  #pass({ data, at }: Piece, now: number): void {
    if (data === undefined) {
      this.#to.end();
      return;
    }
    this.#kept -= data.length;
    this.#meter.pass(data.length, now - at);
    // A socket that is gone takes nothing; its connection is being closed.
    if (!this.#to.destroyed) this.#to.write(data);
  }
}
