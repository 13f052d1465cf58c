import { Router } from 'express';
import { periods } from '../../config/limits.ts';
import { translate } from '../locales.ts';
import { alternates, cachePublicly, inLanguage, languageOf, showPage } from '../page.ts';
import type { Platform } from '../platform.ts';

const day = 24 * 60 * 60;

export function pageRoutes({ env }: Pick<Platform, 'env'>): Router {
  const router = Router();

  router.get('/privacy', (request, response) => {
    const lang = languageOf(request);
    cachePublicly(response, 60);
    showPage(request, response, 'pages/privacy', {
      lang,
      page: {
        title: translate(lang, 'site.privacy'),
        canonical: env.BASE_URL + inLanguage('/privacy', lang),
        alternates: alternates(env.BASE_URL, ['en', 'fr'], (other) => inLanguage('/privacy', other)),
      },
      pendingDays: periods.pendingKept / day,
      ipDays: periods.ipKept / day,
      retentionMonths: periods.personalDataKept / (30 * day),
    });
  });

  router.get('/robots.txt', (_request, response) => {
    cachePublicly(response, 3600);
    response
      .type('text')
      .send(
        'User-agent: *\nDisallow: /confirm\nDisallow: /signatures/\nDisallow: /unsubscribe/\nDisallow: /newsletter/own/\nDisallow: /newsletter/confirm/\nDisallow: /newsletter/unsubscribe/\nDisallow: /newsletter/comments/\n',
      );
  });

  return router;
}
