import type { Configuration } from '../config/configuration.ts';
import type { Access } from './compile.ts';

/** Everything the files say, compiled. A request reads it once and keeps it to its end. */
export interface Snapshot {
  /** Counts the accepted configurations of this process, from 1. */
  readonly generation: number;
  readonly configuration: Configuration;
  readonly access: Access;
}
