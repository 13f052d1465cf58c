/** MongoDB's numbers for the errors this database can answer with. */
const CODES = {
  InternalError: 1,
  BadValue: 2,
  NoSuchKey: 4,
  HostUnreachable: 6,
  FailedToParse: 9,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  IllegalOperation: 20,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  EmptyFieldName: 56,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  IndexAlreadyExists: 68,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  CommandNotSupported: 115,
  CommandNotSupportedOnView: 166,
  CannotIndexParallelArrays: 171,
  InvalidPipelineOperator: 168,
  NotImplemented: 238,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
  Interrupted: 11601,
  OutOfDiskSpace: 14031,
  InvalidIndexSpecificationOption: 197,
  IDLFailedToParse: 40415,
  MissingField: 40414,
} as const;

const CODE_NAMES: Record<number, string> = {
  ...Object.fromEntries(Object.entries(CODES).map(([name, code]) => [code, name])),
  40414: 'IDLFailedToParse',
  40415: 'IDLUnknownField',
};

type Code = keyof typeof CODES | number;

/** An answer of `ok: 0`, or one entry of `writeErrors`: what MongoDB calls an error with a code. */
export class CommandError extends Error {
  readonly code: number;
  readonly codeName: string;
  readonly details: Record<string, unknown>;

  constructor(code: Code, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.code = typeof code === 'number' ? code : CODES[code];
    this.codeName = CODE_NAMES[this.code] ?? `Location${this.code}`;
    this.details = details;
  }
}

/** Whatever was thrown, as an error that can go over the wire. */
export function asCommandError(thrown: unknown): CommandError {
  if (thrown instanceof CommandError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (/no space left|file too large|disk quota|input\/output error|MDB_MAP_FULL/i.test(message)) {
    return new CommandError('OutOfDiskSpace', `The disk of the data directory is full: ${message}`);
  }
  // What mingo refuses is the fault of the query.
  const refused = thrown instanceof Error && thrown.constructor.name === 'MingoError';
  return new CommandError(refused ? 'BadValue' : 'InternalError', message);
}
