export * from './haproxy/index.ts';
export {
  connectInProcess,
  type DispatchArguments,
  dispatch,
  type Served,
  type Variables,
} from './in-process.ts';
