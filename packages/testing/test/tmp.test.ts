import { it } from 'vitest';
// @ts-nocheck
import express from '../../core/node_modules/express/index.js';
import { Trunkline, InputChannel } from '@trunkline/core';
class X extends InputChannel { name='x'; override blueprint(run: any): any { const r=express.Router(); r.use(express.json()); r.get('/',(q: any,s: any)=>{s.json({status:'ok'})}); r.post('/webhook',async(q: any,s: any)=>{s.json(q.body ?? null)}); return r; } }
it('x', async () => {
const line=new Trunkline({channels:[new X()],assistant(){},onError:(e,c)=>console.log('onError',e.message,c)});
const s=await line.listen(0,'127.0.0.1'); const u=`http://127.0.0.1:${(s.address() as any).port}/webhooks/x`;
for (const [m,p,b,t] of [['POST','/webhook','{','application/json'],['POST','/webhook','{"a":1}','application/json'],['DELETE','/webhook'],['OPTIONS','/webhook'],['HEAD','/'],['POST','/webhook','['.repeat(2e5),'application/json']] as any) {
 const r=await fetch(u+p,{method:m,body:b,headers:t?{'content-type':t}:{}}); console.log(m,p,r.status,r.headers.get('allow'),(await r.text()).slice(0,200)); }
await line.close();
});
