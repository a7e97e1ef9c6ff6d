/**
 * The shapes of everything that can be asked and told, as data: for whoever runs a worker alone, and for the docs. Made from
 * the types of the channels; between our own processes nobody loads it.
 *
 * @packageDocumentation
 */
export { CHANNEL_SHAPES } from './channel-shapes.ts';
export type { ChannelShape, ChannelShapes, Shape } from './shape.ts';
export { type ShapeProblem, shapeProblemOf } from './shape-problem.ts';
export { namesIn, shapeText } from './shape-text.ts';
