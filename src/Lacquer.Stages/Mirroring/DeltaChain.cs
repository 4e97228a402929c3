using System.Security.Cryptography;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Deltas;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Mirroring;

/// <summary>
/// The deltas that lead from a catalogue which the mirror has to an edition's: from manifest to manifest, each named by the digest in the one after it, so that all are as well signed as the last. Whatever is missing
/// or not in order on the way, the edition's own catalogue is taken whole.
/// </summary>
/// <param name="origin">The edition wanted; those before it lie beside it.</param>
/// <param name="manifest">Its manifest.</param>
/// <param name="catalogues">Files, any of which may be the catalogue of one of those.</param>
/// <param name="editions">Where editions that are here already have their folders; the one wanted is <paramref name="folder"/>.</param>
/// <param name="folder">Where the wanted edition's files are, as far as they were fetched.</param>
/// <param name="work">A folder that is made meanwhile.</param>
/// <param name="progress">Is told.</param>
/// <param name="stop">Ends it.</param>
internal sealed class DeltaChain(
    EditionOrigin origin, Manifest manifest, IReadOnlyList<string> catalogues, Func<string, string> editions, string folder, string work, IProgress<StageProgress> progress, CancellationToken stop)
{
    // Ten years of monthly editions.
    private const int MostSteps = 120;

    /// <summary>Why a delta that was there was not taken; null where it was, or where there was none.</summary>
    public string? Refused { get; private set; }

    /// <summary>Writes the edition's <c>catalogue.sqlite</c>, if that is to be had so and for less than the whole.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="fetched">Is told of bytes that came from the origin.</param>
    /// <returns>Whether it is there.</returns>
    public async Task<bool> TryMakeAsync(string path, Action<long> fetched)
    {
        try
        {
            if (await FindAsync(fetched).ConfigureAwait(false) is not ({ } from, { } steps))
                return false;
            Directory.CreateDirectory(work);
            for (var i = 0; i < steps.Count; i++)
            {
                var delta = steps[i].Here;
                if (!File.Exists(delta))
                {
                    await EditionFiles.FetchAsync(origin, steps[i].File, steps[i].There, delta = Path.Combine(work, $"{i}.delta"), stop).ConfigureAwait(false);
                    fetched(steps[i].File.LengthBytes);
                }

                // Nothing is made room for that no manifest names.
                if (CatalogueDelta.Ends(delta) != (steps[i].From, steps[i].To))
                    throw new LacquerException(Failure.Untrusted, $"{steps[i].There} at {origin.Address} is between other catalogues than the signed manifests say", "ask its publisher");
                var to = i == steps.Count - 1 ? path : Path.Combine(work, $"{i}.sqlite");
                CatalogueDelta.Apply(from, delta, to, rows => progress.Report(new StageProgress("apply the delta", rows, 0)), stop);
                from = to;
            }

            return true;
        }
        catch (LacquerException e) when (e.Failure != Failure.NoSpace)
        {
            Refused = e.Message;
            File.Delete(path);
            return false;
        }
        finally
        {
            if (Directory.Exists(work))
                Directory.Delete(work, recursive: true);
        }
    }

    // The catalogue to begin with, and the deltas in the order in which they are applied.
    private async Task<(string From, List<Step> Steps)?> FindAsync(Action<long> fetched)
    {
        var steps = new List<Step>();
        var most = manifest.Files.Where(file => file.Path == CatalogueReader.CatalogueFileName + ".zst").Sum(file => file.LengthBytes);
        for (var after = manifest; steps.Count < MostSteps && after is { Previous: { } previous, CatalogueFile: { } to };)
        {
            var bytes = await ReadAsync(previous, fetched).ConfigureAwait(false);
            var before = Manifest.Read(bytes, $"the manifest of edition {previous.Edition}");
            if (before.CatalogueFile is not { } from)
                return null;
            if (from != to)
            {
                var name = CatalogueDelta.PathFrom(previous.Edition);
                if (after.Files.FirstOrDefault(file => file.Path == name) is not { } delta || (most -= delta.LengthBytes) <= 0)
                    return null;
                var isLast = after.Edition == manifest.Edition;
                steps.Insert(0, new Step(isLast ? name : $"../{after.Edition}/{name}", Path.Combine(isLast ? folder : editions(after.Edition), name), delta, from, to));
            }

            if (Here(from) is { } here)
                return steps.Count > 0 ? (here, steps) : null;
            after = before;
        }

        return null;
    }

    // The mirror may have been there.
    private async Task<byte[]> ReadAsync(ManifestPredecessor previous, Action<long> fetched)
    {
        var here = Path.Combine(editions(previous.Edition), Manifest.FileName);
        if (File.Exists(here) && await File.ReadAllBytesAsync(here, stop).ConfigureAwait(false) is var known && IsIt(known))
            return known;
        var bytes = await origin.ReadAsync($"../{previous.Edition}/{Manifest.FileName}", Manifest.LargestBytes, stop).ConfigureAwait(false);
        fetched(bytes.Length);
        return IsIt(bytes) ? bytes
            : throw new LacquerException(Failure.Untrusted, $"edition {previous.Edition} at {origin.Address} is not the one that the edition after it names", "fetch the catalogue whole");

        bool IsIt(byte[] manifest) => new Sha256Digest(SHA256.HashData(manifest)) == previous.Sha256;
    }

    // By its length first: nothing is read that cannot be it.
    private string? Here(DeltaEnd catalogue) => catalogues.FirstOrDefault(file => File.Exists(file) && new FileInfo(file).Length == catalogue.LengthBytes && DeltaEnd.Of(file) == catalogue);

    private sealed record Step(string There, string Here, ManifestFile File, DeltaEnd From, DeltaEnd To);
}
