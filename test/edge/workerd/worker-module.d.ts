declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import('@detl/edge/worker')
  }
}
