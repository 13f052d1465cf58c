import { Router } from 'express';
import { allowOnly, HttpError } from '../errors.ts';
import { Image } from './image.ts';

const types = { jpg: 'image/jpeg', webp: 'image/webp' } as const;
const file = /^([0-9a-f]{32})\.(jpg|webp)$/;

/** Uploaded pictures. The address holds the content's hash, so it can be kept for ever. */
export function imageRoutes(): Router {
  const router = Router();
  router.get('/images/:file', async (request, response) => {
    const [, id, type] = file.exec(request.params.file) ?? [];
    if (!id) throw new HttpError(404);
    const field = type === 'webp' ? 'webp' : 'jpeg';
    const image = await Image.findById(id, { [field]: 1 }).lean<Image>();
    if (!image) throw new HttpError(404);
    response.set('Cache-Control', 'public, max-age=31536000, immutable');
    response.set('ETag', `"${id}"`);
    response.type(types[type as keyof typeof types]).send(image[field]);
  });
  router.all('/images/:file', allowOnly('GET', 'HEAD'));
  return router;
}
