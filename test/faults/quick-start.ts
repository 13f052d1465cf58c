import { flushCompileCache } from 'node:module';

/** Loaded before a process that will be killed: what was compiled is otherwise kept only by one that ends by itself. */
setTimeout(flushCompileCache, 1_500).unref();
