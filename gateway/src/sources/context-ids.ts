import dimse from 'dcmjs-dimse'

/**
 * Presentation contexts keep the ids that the sender gave them: odd integers, in any order (PS3.8, section 9.3.2.2). The library would number one
 * anew whose id is lower than one before it, then not find it, and break the association (dcmjs-dimse 0.3.3, `findings/dcmjs-dimse-context-ids.sh`).
 * For all associations of this process; those that it asks for itself give no ids.
 */
export function keepContextIds(): void {
  const { prototype } = dimse.association.Association
  const add = prototype.addPresentationContext
  prototype.addPresentationContext = function (abstractSyntax, id) {
    if (id === undefined) return add.call(this, abstractSyntax)
    const contexts = this.getPresentationContexts()
    if (contexts.some((one) => one.id === id)) throw new Error(`two presentation contexts have the id ${id}`)
    // Where there is no other, it keeps its own.
    const others = contexts.splice(0)
    const kept = add.call(this, abstractSyntax, id)
    contexts.unshift(...others)
    return kept
  }
}
