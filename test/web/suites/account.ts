import { describe, expect, it } from 'vitest'
import type { Stage } from '../page.test.ts'
import { findings } from '../support/axe.ts'
import { headline, sampleButton, visit } from '../support/browser.ts'

export const accountSuite = (stage: Stage) =>
  describe('the account', () => {
    it('shows usage and keys, makes a key and revokes it', async () => {
      const { page, context } = await visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`, {
        permissions: ['clipboard-read', 'clipboard-write'],
      })
      await sampleButton(page).click()
      await headline(page).waitFor()
      await page.getByRole('button', { name: 'Account' }).click()
      const dialog = page.getByRole('dialog', { name: 'Account' })
      const today = dialog.getByRole('row', { name: new Date().toISOString().slice(0, 10) })
      await today.waitFor()
      expect(Number(await today.getByRole('cell').first().textContent())).toBeGreaterThan(0)

      await dialog.getByRole('textbox', { name: 'Name of the new key' }).fill('ward 3')
      await dialog.getByRole('combobox', { name: 'Kind of key' }).selectOption('test')
      await dialog.getByRole('button', { name: 'Make a key' }).click()
      const made = (await dialog.locator('.fresh-key code').textContent())!
      expect(made).toMatch(/^detl_test_demo_/)
      await dialog.getByRole('button', { name: 'Copy' }).click()
      await dialog.getByRole('button', { name: 'Copied' }).waitFor()
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(made)
      await dialog.getByRole('listitem').filter({ hasText: 'in use here' }).getByText('configured').waitFor()
      const status = () => accountStatus(stage.site.url, made)
      expect(await status()).toBe(200)
      expect(await findings(page)).toEqual([])

      page.once('dialog', (question) => void question.accept())
      await dialog.getByRole('button', { name: 'Revoke ward 3' }).click()
      await dialog.getByRole('listitem').filter({ hasText: 'ward 3' }).getByText('revoked').waitFor()
      expect(await status()).toBe(401)
      await context.close()
    })

    it('warns before the key that the page itself uses is revoked', async () => {
      const { page, context } = await visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`)
      await page.getByRole('button', { name: 'Account' }).click()
      const question = page.waitForEvent('dialog')
      const pressed = page.getByRole('button', { name: 'Revoke configured' }).click()
      const asked = await question
      expect(asked.message()).toContain('This page uses it')
      await asked.dismiss()
      await pressed
      expect(await accountStatus(stage.site.url, stage.site.key)).toBe(200)
      await context.close()
    })

    it('shows a key that may only screen nothing of the account', async () => {
      const { page, context } = await visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`)
      const forbid = {
        status: 403,
        json: { type: '/problems/scope-missing', title: 'no' },
        contentType: 'application/problem+json',
      }
      await page.route(/\/v1\/(account|usage|keys)$|\/v1\/usage\?/, (route) => route.fulfill(forbid))
      await page.getByRole('button', { name: 'Account' }).click()
      await page.getByText('This key may not see its account.').waitFor()
      await context.close()
    })

    it('leads to the API reference', async () => {
      const { page, context } = await visit(stage.browser, stage.site.url)
      const opened = context.waitForEvent('page')
      await page.getByRole('link', { name: 'API reference' }).click()
      const reference = await opened
      await reference
        .getByText('POST /v1/screenings')
        .or(reference.getByText('/v1/screenings').first())
        .first()
        .waitFor()
      expect(await findings(reference)).toEqual([])
      await context.close()
    })

    it('keeps what the account wants: while the GPU is away, and where the model is not sure', async () => {
      const { page, context } = await visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`)
      const wanted = { 'When the model server is away': 'edge', Decide: 'sure' }
      const choice = (name: string) => page.getByRole('combobox', { name, exact: true })
      await page.getByRole('button', { name: 'Account' }).click()
      for (const [name, value] of Object.entries(wanted)) {
        const saved = page.waitForResponse(
          (response) => response.url().endsWith('/settings') && response.request().method() === 'PATCH',
        )
        await choice(name).selectOption(value)
        expect((await saved).status()).toBe(200)
      }
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Account' }).click()
      await choice('Decide').waitFor()
      for (const [name, value] of Object.entries(wanted)) expect(await choice(name).inputValue()).toBe(value)
      expect(await findings(page)).toEqual([])
      await choice('Decide').selectOption('')
      await context.close()
    })
  })

async function accountStatus(url: string, key: string): Promise<number> {
  const response = await fetch(`${url}/v1/usage`, { headers: { authorization: `Bearer ${key}` } })
  return response.status
}
