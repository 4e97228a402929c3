using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Deltas;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Publishing;

/// <summary>What changed in the catalogue since the edition before.</summary>
internal static class EditionDelta
{
    // A larger one is not worth its complications.
    private const int LeastGain = 2;

    /// <summary>Writes the delta into an edition, beside the compressed catalogue, if there is one to be written: the catalogue before is another, still here, of the same format, and most of it stands. It has been tried.</summary>
    /// <returns>Its bytes, or 0.</returns>
    public static long Write(ArchiveLayout layout, Manifest previous, CatalogueReader catalogue, StagingFolder staging, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var from = Path.Combine(layout.Catalogue(previous.Catalogue), CatalogueReader.CatalogueFileName);
        var to = Path.Combine(catalogue.Folder, CatalogueReader.CatalogueFileName);
        if (previous.Catalogue == catalogue.Name || previous.CatalogueFile is not { } published || !File.Exists(from) || DeltaEnd.Of(from) != published)
            return 0;
        var delta = staging[CatalogueDelta.PathFrom(previous.Edition)];
        var folder = Path.GetDirectoryName(delta)!;
        var made = staging["made.sqlite"];
        Directory.CreateDirectory(folder);
        try
        {
            CatalogueDelta.Write(from, to, delta, rows => progress.Report(new StageProgress("delta", rows, 0)), stop);
            if (new FileInfo(delta).Length * LeastGain <= new FileInfo(staging[CatalogueReader.CatalogueFileName + ".zst"]).Length)
            {
                CatalogueDelta.Apply(from, delta, made, rows => progress.Report(new StageProgress("try the delta", rows, 0)), stop);
                return new FileInfo(delta).Length;
            }
        }
        catch (LacquerException)
        {
            // A catalogue that another version built, say. Mirrors fetch it whole.
        }
        finally
        {
            File.Delete(made);
        }

        Directory.Delete(folder, recursive: true);
        return 0;
    }
}
