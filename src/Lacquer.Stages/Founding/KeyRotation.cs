using System.Text;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Founding;

/// <summary>An archive's keys.</summary>
/// <param name="PublicKey">The one that signs, as <c>minisign -P</c> takes it.</param>
/// <param name="Id">Its id.</param>
/// <param name="Former">Public keys that signed before it, the first first.</param>
/// <param name="Kept">Where the former secret key lies; null where nothing was changed.</param>
public sealed record KeyReport(string PublicKey, string Id, IReadOnlyList<string> Former, string? Kept = null);

/// <summary>
/// Another signing key in place of the one that signs: the old one signs the new, and whoever follows the archive comes from one to the other by that (<see cref="KeyChain"/>). Killed at any step, it is ended by the next run.
/// </summary>
public static class KeyRotation
{
    /// <summary>Says which keys there are.</summary>
    public static KeyReport Show(string root)
    {
        var layout = new ArchiveLayout(root).MustExist();
        using var key = MinisignKey.Read(layout.SigningKey);
        return Report(SigningKeys.ChainOf(layout, key.PublicKey) ?? KeyChain.Of(key.PublicKey), null);
    }

    /// <summary>Changes the key.</summary>
    public static KeyReport Rotate(string root, TimeProvider clock)
    {
        using var archive = OpenArchive.ToWrite(root, clock);
        var layout = archive.Layout;
        using var key = MinisignKey.Read(layout.SigningKey);
        var chain = SigningKeys.Chain(layout) ?? KeyChain.Of(key.PublicKey);
        if (chain.Newest == key.PublicKey)
        {
            // A next key that stands in no chain is of a run that was killed at once.
            File.Delete(layout.NextSigningKey);
            using var next = MinisignKey.Create();
            SecretFile.Write(layout.NextSigningKey, next);
            chain = chain.Then(key, next.PublicKey);
            Durable.WriteFile(layout.Keys, stream => stream.Write(chain.ToBytes()));
        }

        var former = $"{layout.SigningKey}.{key.PublicKey.Id}";
        using (var next = MinisignKey.Read(layout.NextSigningKey))
            if (next.PublicKey != chain.Newest)
                throw new LacquerException(Failure.Damaged, $"{layout.NextSigningKey} is not the newest key of {layout.Keys}", "put both back from a copy");
        File.Copy(layout.SigningKey, former, overwrite: true);
        Durable.Rename(layout.NextSigningKey, layout.SigningKey);
        Durable.WriteFile(layout.PublicKey, stream => stream.Write(Encoding.ASCII.GetBytes(chain.Newest.FileText())));
        return Report(chain, former);
    }

    private static KeyReport Report(KeyChain chain, string? kept) => new(chain.Newest.Text, chain.Newest.Id, chain.Keys.SkipLast(1).Select(k => k.Key.Text).ToList(), kept);
}
