using System.Security.Cryptography;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Mirroring;

/// <summary>
/// The catalogue of an edition in a mirror: its facts unpacked or brought up to date, and what follows from them made here, each file held against the signed manifest before it gets its name. What is there and right is left alone, so that
/// a mirror that is run again makes what has gone missing.
/// </summary>
internal static class MirroredCatalogue
{
    /// <summary>Refuses an edition whose files this program would make otherwise, before anything of it is fetched.</summary>
    /// <exception cref="LacquerException">It would.</exception>
    public static void Check(Manifest manifest, string address)
    {
        foreach (var (file, by) in MadeFormats.All)
            if (manifest.Made.FirstOrDefault(made => made.Name == file) is not { } made)
                throw new LacquerException(Failure.Missing, $"the edition at {address} does not say what its {file} is: another version of lacquer published it", "use the version that published it; the mirror keeps what it has");
            else if (made.By != by)
                throw new LacquerException(Failure.Missing, $"{file} of the edition at {address} is made by {made.By}, and this version of lacquer has {by}", "use the version that published it; the mirror keeps what it has");
        if (manifest.Made.FirstOrDefault(made => MadeFormats.All.All(known => known.File != made.Name)) is { } unknown)
            throw new LacquerException(Failure.Missing, $"the edition at {address} wants {unknown.Name} made, which this version of lacquer does not know", "use the version that published it; the mirror keeps what it has");
    }

    /// <summary>Makes what is not there.</summary>
    /// <param name="layout">The mirror.</param>
    /// <param name="manifest">What the files must be.</param>
    /// <param name="facts">Writes <c>catalogue.sqlite</c> to a path.</param>
    /// <param name="address">Where the edition came from.</param>
    /// <param name="progress">Is told.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="LacquerException">What was made is not what the manifest says.</exception>
    public static async Task MakeAsync(ArchiveLayout layout, Manifest manifest, Func<string, Task> facts, string address, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var folder = layout.Catalogue(manifest.Catalogue);
        if (Directory.Exists(folder))
        {
            MakeIn(folder);
            return;
        }

        Directory.CreateDirectory(layout.Catalogues);
        var staging = new StagingFolder(folder);
        try
        {
            await facts(staging[CatalogueReader.CatalogueFileName]).ConfigureAwait(false);
            MakeIn(staging.Path);
        }
        catch (Exception e) when (e is LacquerException || Durable.IsDiskFull(e))
        {
            Directory.Delete(staging.Path, recursive: true);
            throw;
        }

        staging.Seal();

        void MakeIn(string where)
        {
            foreach (var made in MadeFormats.All.Select(known => manifest.Made.First(made => made.Name == known.File)))
                MakeOne(where, made, address, progress, stop);
        }
    }

    /// <summary>Makes one of the files that follow from a catalogue, unless it is there as it should be.</summary>
    /// <exception cref="LacquerException">What was made is not what the manifest says.</exception>
    public static void MakeOne(string folder, ManifestMade made, string address, IProgress<StageProgress> progress, CancellationToken stop)
    {
        if (!Is(Path.Combine(folder, made.Name), made))
            MadeFiles.Make(folder, made.Name, null, progress, stop, path =>
            {
                if (!Is(path, made))
                    throw new LacquerException(Failure.Untrusted, $"{made.Name}, made from the catalogue at {address}, is not what the signed manifest says",
                        "the mirror keeps what it has; ask the edition's publisher, or try on a machine whose libicu is as old as the publisher's");
            });
    }

    private static bool Is(string path, ManifestMade made)
    {
        if (!File.Exists(path))
            return false;
        using var file = File.OpenRead(path);
        return file.Length == made.LengthBytes && new Sha256Digest(SHA256.HashData(file)) == made.Sha256;
    }
}
