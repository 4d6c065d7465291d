// Trunkline as it is meant to be served: by itself.
import { ready } from '../../harness/target.mjs';
import { line } from '../line.mjs';

ready(await line.listen(0, '127.0.0.1'));
