using Lacquer.Formats.Archives;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;

namespace Lacquer.Stages.Workbench;

/// <summary>The keys that an archive signs and signed with.</summary>
public static class SigningKeys
{
    /// <summary>The chain that ends with the key that signs, or null where that is the first.</summary>
    /// <exception cref="LacquerException">A change of keys was cut off.</exception>
    public static KeyChain? ChainOf(ArchiveLayout layout, MinisignPublicKey signing) => Chain(layout) is not { } chain ? null : chain.Newest == signing ? chain
        : throw new LacquerException(Failure.Missing, $"{layout.SigningKey} is not the newest key of {layout.Keys}: a change of keys was cut off", "lacquer key rotate ends it");

    /// <summary>The chain of keys, or null where there was one key only.</summary>
    public static KeyChain? Chain(ArchiveLayout layout) => File.Exists(layout.Keys) ? KeyChain.Read(File.ReadAllBytes(layout.Keys), layout.Keys) : null;
}
