import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as contracts from '@bowline/contracts';
import {
  API,
  type Checker,
  SymbolFlags,
  type Type,
  TypeFlags,
  type Symbol as TypeScriptSymbol,
} from 'typescript/unstable/sync';
import type { ChannelShape, ChannelShapes, Shape } from '../packages/contracts/src/shapes/shape.ts';
import type { GeneratedFile } from './generated-file.ts';

const CONTRACTS = fileURLToPath(new URL('../packages/contracts/', import.meta.url));
const CHANNELS = `${CONTRACTS}src/channels/`;

/** The shapes of everything that can be asked and told, read from the types of the channels by the compiler itself. */
export const readChannelShapes = (): ChannelShapes => {
  read ??= readNow();
  return read;
};

let read: ChannelShapes | undefined;

const readNow = (): ChannelShapes => {
  const api = new API({ cwd: CONTRACTS });
  try {
    const [project] = api.updateSnapshot({ openProjects: [`${CONTRACTS}tsconfig.json`] }).getProjects();
    if (project === undefined) throw new Error('The contracts are no project of TypeScript.');
    const reader = new ShapeReader(project.checker);
    const channels: Record<string, ChannelShape> = {};
    for (const file of readdirSync(CHANNELS).toSorted((one, other) => (one < other ? -1 : 1))) {
      const source = project.program.getSourceFile(`${CHANNELS}${file}`);
      const exported = source === undefined ? undefined : project.checker.getSymbolAtLocation(source)?.getExports();
      for (const symbol of exported?.values() ?? []) {
        const definition = (contracts as Readonly<Record<string, unknown>>)[symbol.name];
        const isValue = (symbol.flags & SymbolFlags.Variable) !== 0;
        if (isValue && isChannel(definition)) channels[definition.name] = reader.channel(symbol);
      }
    }
    return { channels, named: reader.named() };
  } finally {
    api.close();
  }
};

const isChannel = (value: unknown): value is contracts.ChannelDefinition =>
  typeof value === 'object' && value !== null && 'requests' in value && 'events' in value;

/** Reads types by the checker; what has a name is read once. */
class ShapeReader {
  readonly #checker: Checker;
  readonly #named = new Map<string, Shape>();

  constructor(checker: Checker) {
    this.#checker = checker;
  }

  named(): Readonly<Record<string, Shape>> {
    return Object.fromEntries([...this.#named].toSorted(([one], [other]) => (one < other ? -1 : 1)));
  }

  channel(symbol: TypeScriptSymbol): ChannelShape {
    const members = this.#typesOf(this.#typeOf(symbol));
    const shapes = (name: string, read: (types: ReadonlyMap<string, Type>) => unknown) =>
      Object.fromEntries(
        [...this.#typesOf(members.get(name))].map(([each, type]) => [
          each,
          read(this.#typesOf(this.#present(this.#typesOf(type).get('types')))),
        ]),
      );
    return {
      requests: shapes('requests', (types) => ({
        input: this.shape(types.get('input')),
        output: this.shape(types.get('output')),
      })),
      events: shapes('events', (types) => this.shape(types.get('payload'))),
    } as ChannelShape;
  }

  shape(type: Type | undefined): Shape {
    if (type === undefined) return 'nothing';
    const { flags } = type;
    if ((flags & (TypeFlags.Any | TypeFlags.Unknown)) !== 0) return 'anything';
    if ((flags & TypeFlags.Boolean) !== 0) return 'flag';
    if (type.isLiteralType()) return { is: type.value as string | number | boolean };
    if ((flags & TypeFlags.StringLike) !== 0) return 'text';
    if ((flags & TypeFlags.NumberLike) !== 0) return 'number';
    if ((flags & TypeFlags.Null) !== 0) return 'null';
    if ((flags & (TypeFlags.Undefined | TypeFlags.Void | TypeFlags.Never)) !== 0) return 'nothing';
    if (type.isIntersectionType() && type.getTypes().some((part) => (part.flags & TypeFlags.StringLike) !== 0)) {
      return { text: this.#nameOf(type) ?? 'string' };
    }
    if (type.getSymbol()?.name === 'Uint8Array') return 'bytes';
    if (this.#checker.isArrayLikeType(type)) return this.#list(type);
    const name = this.#nameOf(type);
    if (name === undefined) return this.#structure(type);
    if (!this.#named.has(name)) {
      // Known before it is read: it may hold itself.
      this.#named.set(name, 'anything');
      this.#named.set(name, this.#structure(type));
    }
    return { ref: name };
  }

  #structure(type: Type): Shape {
    if (type.isUnionType()) return this.#union(type.getTypes());
    const properties = this.#checker.getPropertiesOfType(type);
    const [index] = this.#checker.getIndexInfosOfType(type);
    if (index !== undefined && properties.length === 0) {
      const value = this.shape(index.valueType);
      return value === 'nothing' ? { fields: {} } : { mapOf: value };
    }
    return {
      fields: Object.fromEntries(
        properties.map((property) => {
          const isOptional = (property.flags & SymbolFlags.Optional) !== 0;
          const propertyType = this.#typeOf(property);
          return [
            isOptional ? `${property.name}?` : property.name,
            this.shape(isOptional ? this.#present(propertyType) : propertyType),
          ];
        }),
      ),
    };
  }

  #union(types: readonly Type[]): Shape {
    const flags = types.filter((type) => (type.flags & TypeFlags.BooleanLiteral) !== 0);
    const others = types.filter((type) => flags.length < 2 || (type.flags & TypeFlags.BooleanLiteral) === 0);
    const shapes = [...others.map((type) => this.shape(type)), ...(flags.length < 2 ? [] : (['flag'] as const))];
    const distinct = [...new Map(shapes.map((shape) => [JSON.stringify(shape), shape])).values()];
    const [only] = distinct;
    return distinct.length === 1 && only !== undefined ? only : { oneOf: distinct };
  }

  #list(type: Type): Shape {
    const entries = type.isTypeReference() ? this.#checker.getTypeArguments(type) : [];
    return { listOf: this.#union(entries) };
  }

  /** A type without `undefined`, which stands for what is left out. */
  #present(type: Type | undefined): Type | undefined {
    if (type === undefined || !type.isUnionType()) return type;
    return this.#checker.getNonNullableType(type) ?? type;
  }

  #nameOf(type: Type): string | undefined {
    const alias = type.getAliasSymbol()?.name;
    if (alias !== undefined) return STANDARD_ALIASES.has(alias) ? undefined : this.#checker.typeToString(type);
    return type.isClassOrInterface() || (type.isTypeReference() && type.getTarget().isClassOrInterface())
      ? this.#checker.typeToString(type)
      : undefined;
  }

  #typesOf(type: Type | undefined): ReadonlyMap<string, Type> {
    if (type === undefined) return new Map();
    return new Map(this.#checker.getPropertiesOfType(type).map((symbol) => [symbol.name, this.#typeOf(symbol)]));
  }

  #typeOf(symbol: TypeScriptSymbol): Type {
    const type = this.#checker.getTypeOfSymbol(symbol);
    if (type === undefined) throw new Error(`"${symbol.name}" has no type.`);
    return type;
  }
}

/** Of TypeScript itself: they say nothing that the structure does not. */
const STANDARD_ALIASES: ReadonlySet<string> = new Set(['Record', 'Readonly', 'Partial', 'Pick', 'Omit', 'Required']);

/** The shapes as data that ships with the contracts. */
export const channelShapes = (): readonly GeneratedFile[] => {
  const { channels, named } = readChannelShapes();
  const entries = (of: Readonly<Record<string, unknown>>, indent: string): readonly string[] =>
    Object.entries(of).map(([name, value]) => `${indent}${JSON.stringify(name)}: ${JSON.stringify(value)},`);
  const content = [
    '// biome-ignore-all format: made by `npm run generate`',
    '// biome-ignore-all lint: made by `npm run generate`',
    "import type { ChannelShapes } from './shape.ts';",
    '',
    '/** Made from the types in `../channels` by `npm run generate`. */',
    'export const CHANNEL_SHAPES: ChannelShapes = {',
    '  channels: {',
    ...Object.entries(channels).flatMap(([name, { requests, events }]) => [
      `    ${JSON.stringify(name)}: {`,
      '      requests: {',
      ...entries(requests, '        '),
      '      },',
      '      events: {',
      ...entries(events, '        '),
      '      },',
      '    },',
    ]),
    '  },',
    '  named: {',
    ...entries(named, '    '),
    '  },',
    '};',
    '',
  ].join('\n');
  return [{ path: 'packages/contracts/src/shapes/channel-shapes.ts', content }];
};
