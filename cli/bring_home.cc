#include "cli/bring_home.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/render/text.h"
#include "common/oci/destination.h"
#include "common/oci/layout_writer.h"

namespace kso::cli {

absl::Status BringHome(Context& context, const v1::Build& build,
                       const v1::Destination& destination) {
  std::vector<oci::LayoutImage> images;
  for (const v1::ImageResult& result : build.images()) {
    oci::LayoutImage image;
    image.index = result.index();
    for (const std::string& tag : result.tags()) {
      image.ref_names.push_back(absl::StrCat(result.name(), ":", tag));
    }
    images.push_back(std::move(image));
  }
  if (!context.json) {
    *context.console.out << "Bringing the images to "
                         << Printable(oci::FormatDestination(destination))
                         << " ..." << std::endl;
  }
  BlobStore& blobs = context.coordinator->blobs();
  const absl::Status status =
      destination.kind() == v1::Destination::OCI_LAYOUT
          ? oci::WriteOciLayout(blobs, images, destination.location())
          : oci::WriteOciArchive(blobs, images, destination.location());
  // Nothing that the user named is missing, so it is no bad input.
  if (absl::IsNotFound(status)) return absl::DataLossError(status.message());
  return status;
}

}  // namespace kso::cli
