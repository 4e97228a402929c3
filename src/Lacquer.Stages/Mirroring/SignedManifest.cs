using System.Text;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Mirroring;

/// <summary>An edition's manifest, read from its origin and signed by whom is trusted, or by a key that comes from that one.</summary>
internal static class SignedManifest
{
    /// <summary>Reads and checks it.</summary>
    /// <param name="origin">The edition.</param>
    /// <param name="key">The key that it is expected to be signed by.</param>
    /// <param name="trusted">The key from which another one must come.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>The manifest; its bytes and signature; who signed it; the keys that lead there, where that is another one than was expected.</returns>
    /// <exception cref="LacquerException">It is by a stranger, or no manifest.</exception>
    public static async Task<(Manifest Manifest, byte[] Bytes, string Signature, MinisignPublicKey Key, KeyChain? Chain)> ReadAsync(
        EditionOrigin origin, MinisignPublicKey key, MinisignPublicKey trusted, CancellationToken stop)
    {
        var bytes = await origin.ReadAsync(Manifest.FileName, Manifest.LargestBytes, stop).ConfigureAwait(false);
        var signature = Encoding.UTF8.GetString(await origin.ReadAsync(Manifest.SignatureFileName, 4096, stop).ConfigureAwait(false));
        // Another key than the one that is trusted must come from it.
        KeyChain? chain = null;
        if (Minisign.KeyIdOf(signature) is { } id && id != key.Id && await HasChainAsync().ConfigureAwait(false) is { } keys)
            (chain, key) = (keys, keys.From(trusted, $"the key that signs {origin.Address}"));
        using (var content = new MemoryStream(bytes))
            Minisign.Verify(key, content, signature, $"the manifest at {origin.Address}");
        return (Manifest.Read(bytes, $"the manifest at {origin.Address}"), bytes, signature, key, chain);

        async Task<KeyChain?> HasChainAsync()
        {
            try
            {
                return KeyChain.Read(await origin.ReadAsync(KeyChain.FileName, KeyChain.LargestBytes, stop).ConfigureAwait(false), $"{KeyChain.FileName} at {origin.Address}");
            }
            catch (LacquerException e) when (e.Failure == Failure.Missing)
            {
                return null; // the signature is by a stranger, which it says
            }
        }
    }
}
