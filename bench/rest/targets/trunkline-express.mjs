// Trunkline inside somebody's Express application.
import { router } from '@trunkline/core/express';
import express from 'express';
import { ready } from '../../harness/target.mjs';
import { line } from '../line.mjs';

const app = express();
app.use(router(line));
const server = app.listen(0, '127.0.0.1', () => ready(server));
