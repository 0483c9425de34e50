export * from './haproxy/index.ts';
