using System.Text;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Deltas;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Mirroring;

/// <summary>Which copy of a catalogue to bring up to date.</summary>
/// <param name="Folder">With <c>catalogue.sqlite</c>, and the manifest of its edition where that is known.</param>
/// <param name="Edition">Address or folder of an edition or of an archive.</param>
/// <param name="PublicKey">The publisher's minisign key, as text or file; null: <c>signing.pub</c> in the folder.</param>
public sealed record CopyUpdateRequest(string Folder, string Edition, string? PublicKey = null);

/// <summary>What was done.</summary>
/// <param name="Edition">The edition whose catalogue it is now.</param>
/// <param name="Origin">Where it came from.</param>
/// <param name="KeyId">The key that signed it.</param>
/// <param name="FetchedBytes">What came from there, manifests aside.</param>
/// <param name="WholeBytes">What the catalogue would have been whole.</param>
/// <param name="DeltaRefused">Why it was fetched whole, though the edition says what changed in it; null otherwise.</param>
public sealed record CopyUpdateReport(string Edition, string Origin, string KeyId, long FetchedBytes, long WholeBytes, string? DeltaRefused);

/// <summary>
/// Brings a plain copy of an edition's catalogue up to date: a folder with <c>catalogue.sqlite</c>, and no archive. The catalogue by deltas, or else whole; look-ups and search where the folder has them. Each is held
/// against the signed manifest before it gets its name; the manifest comes last, so that what was killed is done again.
/// </summary>
public static class CopyUpdate
{
    private const string KeyFileName = "signing.pub";

    /// <summary>Brings it up to date.</summary>
    public static async Task<CopyUpdateReport> RunAsync(CopyUpdateRequest request, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var folder = Path.GetFullPath(request.Folder);
        var catalogue = Path.Combine(folder, CatalogueReader.CatalogueFileName);
        if (!File.Exists(catalogue))
            throw new LacquerException(Failure.Missing, $"{folder} has no {CatalogueReader.CatalogueFileName}", "name the folder of a copy, or leave --copy out for a mirror");
        var trusted = MinisignPublicKey.Parse(Key(request, folder));
        using var origin = await EditionOrigin.FindAsync(request.Edition, stop).ConfigureAwait(false);
        var (manifest, bytes, signature, key, _) = await SignedManifest.ReadAsync(origin, trusted, trusted, stop).ConfigureAwait(false);
        var known = Path.Combine(folder, Manifest.FileName);
        if (File.Exists(known) && Manifest.Read(await File.ReadAllBytesAsync(known, stop).ConfigureAwait(false), known) is var before && string.CompareOrdinal(manifest.Edition, before.Edition) < 0)
            throw new LacquerException(Failure.Untrusted, $"{origin.Address} is edition {manifest.Edition}, older than {before.Edition}, which this copy is of", "name the newest edition; the copy stays as it is");
        origin.Pin(manifest.Edition);
        if (manifest.CatalogueFile is not { } wanted || manifest.Files.FirstOrDefault(file => file.Path == CatalogueReader.CatalogueFileName + ".zst") is not { } packed)
            throw new LacquerException(Failure.Missing, $"the edition at {origin.Address} does not say what its catalogue is: another version of lacquer published it", "fetch catalogue.sqlite.zst by hand");
        var had = MadeFormats.All.Where(made => File.Exists(Path.Combine(folder, made.File))).Select(made => made.File).ToList();
        if (had.Count > 0)
            MirroredCatalogue.Check(manifest, origin.Address);
        var (fetched, refused) = (0L, (string?)null);
        if (DeltaEnd.Of(catalogue) != wanted)
            (fetched, refused) = await CatalogueAsync(origin, manifest, wanted, packed, catalogue, progress, stop).ConfigureAwait(false);
        // A search is made with the help of look-ups.
        foreach (var name in MadeFormats.All.Select(made => made.File).Where(name => had.Contains(name) || (had.Count > 0 && name == CatalogueReader.LookupsFileName)))
            MirroredCatalogue.MakeOne(folder, manifest.Made.First(made => made.Name == name), origin.Address, progress, stop);
        Durable.WriteFile(Path.Combine(folder, Manifest.SignatureFileName), stream => stream.Write(Encoding.UTF8.GetBytes(signature)));
        Durable.WriteFile(known, stream => stream.Write(bytes));
        Durable.WriteFile(Path.Combine(folder, KeyFileName), stream => stream.Write(Encoding.ASCII.GetBytes(key.FileText())));
        return new CopyUpdateReport(manifest.Edition, origin.Address, key.Id, fetched, packed.LengthBytes, refused);
    }

    private static string Key(CopyUpdateRequest request, string folder) => request.PublicKey is { } given ? File.Exists(given) ? File.ReadAllText(given) : given
        : Path.Combine(folder, KeyFileName) is var own && File.Exists(own) ? File.ReadAllText(own)
        : throw new LacquerException(Failure.Untrusted, $"{folder} has no {KeyFileName}, so nothing says whose editions it follows", "name the publisher's key: --key KEY");

    // Gives how many bytes were fetched, and why no delta was taken.
    private static async Task<(long Fetched, string? Refused)> CatalogueAsync(EditionOrigin origin, Manifest manifest, DeltaEnd wanted, ManifestFile packed, string catalogue, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var (partial, work) = (catalogue + Durable.Partial, catalogue + ".work" + Durable.Partial);
        var fetched = 0L;
        File.Delete(partial);
        if (Directory.Exists(work))
            Directory.Delete(work, recursive: true);
        var chain = new DeltaChain(origin, manifest, [catalogue], edition => Path.Combine(work, edition), work, work, progress, stop);
        if (!await chain.TryMakeAsync(partial, bytes => fetched += bytes).ConfigureAwait(false))
        {
            var whole = Path.Combine(work, packed.Path);
            await EditionFiles.FetchAsync(origin, packed, packed.Path, whole, stop).ConfigureAwait(false);
            fetched += packed.LengthBytes;
            CompressedFile.Unpack(whole, partial);
            Directory.Delete(work, recursive: true);
            if (DeltaEnd.Of(partial) != wanted)
                throw new LacquerException(Failure.Untrusted, $"{packed.Path} at {origin.Address} unpacks to other bytes than the signed manifest says", "ask its publisher");
        }

        Durable.FlushFile(partial);
        Durable.Rename(partial, catalogue);
        return (fetched, chain.Refused);
    }
}
