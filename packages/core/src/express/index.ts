export { register, type RegisterOptions } from './register.ts';
export { router } from './router.ts';
